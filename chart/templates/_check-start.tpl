{{/* The startup probe must outlast what hurricane itself allows a start. */}}

{{- define "hurricane.checkStart" -}}
{{- $options := include "hurricane.options" . | fromJson -}}
{{- $budget := include "hurricane.startSeconds" . | int64 -}}
{{- $most := include "hurricane.deadlines" . | fromJson -}}
{{- $sum := 0.0 -}}
{{- range $_, $seconds := $most -}}
{{- $sum = addf $sum $seconds -}}
{{- end -}}
{{- $sum = ceil $sum | int64 -}}
{{- if and (not $options.noProbe) (gt $sum $budget) -}}
{{- $names := keys $most | sortAlpha | join ", hurricane." -}}
{{- fail (printf "probes.startup (periodSeconds * failureThreshold) ends a start after %ds, before hurricane itself would after %ds (hurricane.%s): raise failureThreshold, or lower the timeouts" $budget $sum $names) -}}
{{- end -}}
{{- end -}}

{{/* Option → seconds, as JSON, of the deadlines that a start of these values has. One that is off is none. */}}
{{- define "hurricane.deadlines" -}}
{{- $options := include "hurricane.options" . | fromJson -}}
{{- $known := .Files.Get "options.json" | fromJson -}}
{{- $commands := ternary (len (default list $options.command)) 0 (eq .Values.startupCommands.runIn "pod") -}}
{{- $times := dict "waitTimeout" (ternary 1 0 (not (empty $options.waitFor))) "commandTimeout" $commands -}}
{{- $_ := set $times "gateTimeout" (ternary 1 0 (not (empty $options.checkMigrations))) -}}
{{- $_ := set $times "appStartTimeout" (ternary 0 1 (eq .Values.kind "consume")) -}}
{{- $result := dict -}}
{{- range $option, $default := $known.deadlines -}}
{{- $given := ternary (get $options $option) $default (hasKey $options $option) | toString -}}
{{- $count := get $times $option -}}
{{- if and (ne $given "off") (gt (int $count) 0) -}}
{{- $_ := include "hurricane.seconds" $given | float64 | mulf $count | set $result $option -}}
{{- end -}}
{{- end -}}
{{- toJson $result -}}
{{- end -}}
