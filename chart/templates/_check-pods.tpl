{{/* What Kubernetes refuses of a Deployment and its pods, or never starts. */}}

{{- define "hurricane.checkPods" -}}
{{- $rolling := default dict .Values.updateStrategy.rollingUpdate -}}
{{- $none := list "0" "0%" -}}
{{- if and (eq .Values.updateStrategy.type "RollingUpdate") (has (get $rolling "maxSurge" | toString) $none) (has (get $rolling "maxUnavailable" | toString) $none) -}}
{{- fail "updateStrategy.rollingUpdate: maxSurge and maxUnavailable are both 0, and no pod could be replaced: raise one of them" -}}
{{- end -}}
{{- $pod := default dict .Values.podSecurityContext -}}
{{- $container := default dict .Values.securityContext -}}
{{- $user := ternary (get $container "runAsUser") (get $pod "runAsUser") (hasKey $container "runAsUser") -}}
{{- $nonRoot := ternary (get $container "runAsNonRoot") (get $pod "runAsNonRoot") (hasKey $container "runAsNonRoot") -}}
{{- if and (eq (toString $user) "0") (eq (toString $nonRoot) "true") -}}
{{- fail "runAsUser is 0, which podSecurityContext.runAsNonRoot forbids: give another user, or set runAsNonRoot to false" -}}
{{- end -}}
{{- range $value := list "extraContainers" "initContainers" -}}
{{- range get $.Values $value | default list -}}
{{- if has .name (list "app" "commands" "install-hurricane") -}}
{{- fail (printf "%s: %s is a container of the chart: give yours another name" $value .name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
