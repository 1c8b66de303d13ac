{{/* Where hurricane and the app listen: what Kubernetes could not reach, and what hurricane would refuse at its start. */}}

{{- define "hurricane.checkPlaces" -}}
{{- $options := include "hurricane.options" . | fromJson -}}
{{- if gt (int $options.probePort) 65535 -}}
{{- fail "hurricane.probePort would be 65536, one above hurricane.port: give it" -}}
{{- end -}}
{{- if and .Values.service.enabled (regexMatch (include "hurricane.loopback" .) (default "" $options.host)) -}}
{{- fail (printf "hurricane.host %s is reached from inside of the pod alone, and the Service is outside: leave it out" $options.host) -}}
{{- end -}}
{{- if and (not $options.noProbe) (regexMatch (include "hurricane.loopback" .) $options.probeHost) -}}
{{- fail (printf "hurricane.probeHost %s is reached from inside of the pod alone, and the kubelet is outside: leave it out" $options.probeHost) -}}
{{- end -}}
{{- include "hurricane.checkAppPort" $options -}}
{{- if not $options.noProbe -}}
{{- include "hurricane.checkPaths" $options -}}
{{- end -}}
{{- end -}}

{{/* Addresses that only the pod itself reaches. */}}
{{- define "hurricane.loopback" -}}
^(localhost|127[.].*|\[?(0*:)*:?0*1\]?|\[?::ffff:127[.].*)$
{{- end -}}

{{- define "hurricane.checkAppPort" -}}
{{- $options := . -}}
{{- range $option := list "port" "probePort" -}}
{{- $free := and (eq $option "probePort") $options.noProbe -}}
{{- if and $options.appPort (not $free) (eq (int $options.appPort) (int (get $options $option))) -}}
{{- fail (printf "hurricane.appPort %d is hurricane.%s too: let the app listen elsewhere, or change hurricane.%s" (int $options.appPort) $option $option) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "hurricane.checkPaths" -}}
{{- $options := . -}}
{{- $metrics := trimAll "/" $options.metrics -}}
{{- $pages := ternary (list) (list (list "metrics" $metrics) (list "metrics as JSON" (printf "%s.json" $metrics))) $options.noMetrics -}}
{{- $seen := dict -}}
{{- range concat (list (list "startupProbe" $options.startupProbe) (list "readinessProbe" $options.readinessProbe) (list "livenessProbe" $options.livenessProbe)) $pages -}}
{{- $path := last . | trimAll "/" | printf "/%s" -}}
{{- if hasKey $seen $path -}}
{{- fail (printf "hurricane.%s and hurricane.%s are both %s: give each a path of its own" (get $seen $path) (first .) $path) -}}
{{- end -}}
{{- $_ := set $seen $path (first .) -}}
{{- end -}}
{{- end -}}
