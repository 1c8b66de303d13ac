{{/* What must not be in a ConfigMap, and what is taken from Secrets instead. */}}

{{- define "hurricane.checkSecrets" -}}
{{- $known := .Files.Get "options.json" | fromJson -}}
{{- $options := default dict .Values.hurricane -}}
{{- range $option, $_ := .Values.secrets -}}
{{- if hasKey $options $option -}}
{{- fail (printf "secrets.%s: hurricane.%s is given too and would count more: keep one" $option $option) -}}
{{- end -}}
{{- $kinds := default (list $.Values.kind) (get $known.kinds $option) -}}
{{- if not (has $.Values.kind $kinds) -}}
{{- fail (printf "secrets.%s is an option of %s, and kind is %s: leave it out" $option (join " and " $kinds) $.Values.kind) -}}
{{- end -}}
{{- end -}}
{{- if hasKey $options "amqpPassword" -}}
{{- fail "hurricane.amqpPassword would be in a ConfigMap, which many may read: use secrets.amqpPassword" -}}
{{- end -}}
{{- range $option, $given := $options -}}
{{- if kindIs "slice" $given -}}
{{- range $index, $text := $given -}}
{{- include "hurricane.checkPassword" (list $known $option (printf "%s.%d" $option $index) $text) -}}
{{- end -}}
{{- else -}}
{{- include "hurricane.checkPassword" (list $known $option $option $given) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A password in a URL: (list known option path text). What begins with a dollar, a shell fills in. */}}
{{- define "hurricane.checkPassword" -}}
{{- $known := first . -}}
{{- $option := index . 1 -}}
{{- if last . | toString | regexMatch "//[^/?#@\\s]*:[^/?#@\\s$][^/?#@\\s]*@" -}}
{{- $variable := snakecase $option | upper | printf "extraEnv for HURRICANE_%s" -}}
{{- $instead := ternary (printf "secrets.%s" $option) $variable (has $option $known.secrets) -}}
{{- fail (printf "hurricane.%s holds a password, and would be in a ConfigMap, which many may read: use %s" (index . 2) $instead) -}}
{{- end -}}
{{- end -}}
