{{/* What the schema cannot refuse: what values must not say together. One sentence each. */}}

{{- define "hurricane.checks" -}}
{{- $v := .Values -}}
{{- $h := .Values.hurricane -}}
{{- /* `required` is what lint forgives: these have no default. */ -}}
{{- $_ := required "image.repository is empty: name the image of the app" $v.image.repository -}}
{{- $_ := required "image.tag is empty, and so is image.digest: give one of them, so that every pod runs the same" (coalesce $v.image.digest $v.image.tag) -}}
{{- if ne $v.kind "consume" -}}
{{- $_ := append $v.command "" | first | required (printf "command is empty: kind %s needs the command line of the app, such as [node, app.js]" $v.kind) -}}
{{- end -}}
{{- end -}}
