{{/* What the job of the startup commands cannot do. */}}

{{- define "hurricane.checkJob" -}}
{{- if eq .Values.startupCommands.runIn "job" -}}
{{- $options := default dict .Values.hurricane -}}
{{- if not $options.command -}}
{{- fail "startupCommands.runIn is job, and there is no command to run in it: give hurricane.command, or leave runIn at pod" -}}
{{- end -}}
{{- if $options.checkMigrationsApply -}}
{{- fail "hurricane.checkMigrationsApply would be run by every pod, and startupCommands.runIn is job: put it into hurricane.command, which the job runs once" -}}
{{- end -}}
{{- /* A new job takes the place of the old one, and would cut a command that still runs. */ -}}
{{- $name := include "hurricane.nameWith" (list . "commands") -}}
{{- $job := lookup "batch/v1" "Job" .Release.Namespace $name | default dict -}}
{{- if gt (dig "status" "ready" 0 $job | int) 0 -}}
{{- fail (printf "the startup commands of an earlier try still run in the job %s: let it end, or delete it if it hangs, and try again" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
