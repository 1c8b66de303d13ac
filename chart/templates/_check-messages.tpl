{{/* Where messages come from: a broker and a queue, unless a variable may name them. */}}

{{- define "hurricane.checkMessages" -}}
{{- $needs := "kind consume needs" -}}
{{- if ne .Values.kind "consume" -}}
{{- $needs = "hurricane.deliver needs" -}}
{{- end -}}
{{- if or (eq .Values.kind "consume") (get (default dict .Values.hurricane) "deliver") -}}
{{- if not (include "hurricane.mayBeGiven" (list . "queue")) -}}
{{- fail (printf "hurricane.queue is not given, and %s it: name the queue to take messages from" $needs) -}}
{{- end -}}
{{- if not (include "hurricane.mayBeGiven" (list . "amqpUrl")) -}}
{{- $host := include "hurricane.mayBeGiven" (list . "amqpHost") -}}
{{- $port := include "hurricane.mayBeGiven" (list . "amqpPort") -}}
{{- if not (or $host $port) -}}
{{- fail (printf "hurricane.amqpHost and amqpPort are not given, and %s them: name the broker by both, or by secrets.amqpUrl" $needs) -}}
{{- end -}}
{{- if not $port -}}
{{- fail (printf "hurricane.amqpPort is not given, and %s it beside amqpHost: add it, such as 5672" $needs) -}}
{{- end -}}
{{- if not $host -}}
{{- fail (printf "hurricane.amqpHost is not given, and %s it beside amqpPort: add it" $needs) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* "true" where an option is given, or a variable of the pod may give it: (list . option). */}}
{{- define "hurricane.mayBeGiven" -}}
{{- $values := (first .).Values -}}
{{- $option := last . -}}
{{- $known := (first .).Files.Get "options.json" | fromJson -}}
{{- $variables := list -}}
{{- range $values.extraEnv -}}
{{- $variables = append $variables .name -}}
{{- end -}}
{{- $given := or (get (default dict $values.hurricane) $option) (get (default dict $values.secrets) $option) $values.extraEnvFrom -}}
{{- range get $known.variables $option -}}
{{- $given = or $given (has . $variables) -}}
{{- end -}}
{{- ternary "true" "" (not (empty $given)) -}}
{{- end -}}
