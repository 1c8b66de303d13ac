{{/* What several objects have in common: names, labels, and what follows from the options of hurricane. */}}

{{- define "hurricane.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "hurricane.fullname" -}}
{{- $name := include "hurricane.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The name of an object beside the main ones: (list . "probes"). At most 63 characters, the suffix whole. */}}
{{- define "hurricane.nameWith" -}}
{{- $suffix := last . -}}
{{- $room := sub 62 (len $suffix) | int -}}
{{- printf "%s-%s" (include "hurricane.fullname" (first .) | trunc $room | trimSuffix "-") $suffix -}}
{{- end -}}

{{- define "hurricane.serviceAccountName" -}}
{{- $own := ternary (include "hurricane.fullname" .) "default" .Values.serviceAccount.create -}}
{{- default $own .Values.serviceAccount.name -}}
{{- end -}}

{{/* What selects pods, and must stay as it is for ever: (list . "app"). */}}
{{- define "hurricane.selectorLabels" -}}
{{- $root := first . -}}
app.kubernetes.io/name: {{ include "hurricane.name" $root | quote }}
app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
app.kubernetes.io/component: {{ last . | quote }}
{{- end -}}

{{/* The labels of a pod: (list . "app"), or (list . "app" more) for some of its own, each once; a new version of the chart alone starts none anew. */}}
{{- define "hurricane.podLabels" -}}
{{- $root := first . -}}
{{- $chart := include "hurricane.selectorLabels" (list $root (index . 1)) | fromYaml -}}
{{- $_ := include "hurricane.version" $root | set $chart "app.kubernetes.io/version" -}}
{{- merge $chart (index (append . dict) 2) (default dict $root.Values.podLabels) (default dict $root.Values.commonLabels) | toYaml -}}
{{- end -}}

{{/* The labels of an object: (list . "app"), or (list . "app" more) for some of its own. */}}
{{- define "hurricane.labels" -}}
{{- $root := first . -}}
{{- $chart := include "hurricane.selectorLabels" (list $root (index . 1)) | fromYaml -}}
{{- $_ := include "hurricane.version" $root | set $chart "app.kubernetes.io/version" -}}
{{- $_ := set $chart "app.kubernetes.io/managed-by" $root.Release.Service -}}
{{- $_ := printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" | set $chart "helm.sh/chart" -}}
{{- merge $chart (index (append . dict) 2) (default dict $root.Values.commonLabels) | toYaml -}}
{{- end -}}

{{/* The tag as a label may hold it. */}}
{{- define "hurricane.version" -}}
{{- default "digest" .Values.image.tag | trunc 63 | trimAll "-._" -}}
{{- end -}}

{{/* The reference of an image: (list image defaultTag). */}}
{{- define "hurricane.image" -}}
{{- $image := first . -}}
{{- $repository := $image.repository -}}
{{- if $image.registry -}}
{{- $repository = printf "%s/%s" $image.registry $image.repository -}}
{{- end -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (default (last .) $image.tag) -}}
{{- end -}}
{{- end -}}

{{/*
The options as JSON: those of the values, and whatever the manifests follow from, so that no variable of the
image contradicts them. What YAML took for false is off again.
*/}}
{{- define "hurricane.options" -}}
{{- $options := default dict .Values.hurricane | deepCopy -}}
{{- $known := .Files.Get "options.json" | fromJson -}}
{{- range $known.off -}}
{{- if eq (get $options . | toString) "false" -}}
{{- $_ := set $options . "off" -}}
{{- end -}}
{{- end -}}
{{- range $option, $default := $known.defaults -}}
{{- if not (or (hasKey $options $option) (and (has $option (list "host" "port")) (ne $.Values.kind "serve"))) -}}
{{- $_ := set $options $option $default -}}
{{- end -}}
{{- end -}}
{{- if not (hasKey $options "probePort") -}}
{{- $_ := default $known.defaults.port $options.port | int | add1 | set $options "probePort" -}}
{{- end -}}
{{- if not (hasKey $options "probeHost") -}}
{{- $same := eq (int $options.probePort) (default 0 $options.port | int) -}}
{{- $_ := ternary (get $options "host") $known.defaults.host $same | set $options "probeHost" -}}
{{- end -}}
{{- toJson $options -}}
{{- end -}}

{{/* The content of hurricane.yaml; where the job runs the commands, no variable brings them back into the pod. */}}
{{- define "hurricane.configuration" -}}
{{- $options := include "hurricane.options" . | fromJson -}}
{{- if eq .Values.startupCommands.runIn "job" -}}
{{- $_ := set $options "command" list -}}
{{- end -}}
{{- toYaml $options -}}
{{- end -}}

{{/* The part of it that the job needs, and the commands. */}}
{{- define "hurricane.preparation" -}}
{{- $options := include "hurricane.options" . | fromJson -}}
{{- $known := .Files.Get "options.json" | fromJson -}}
{{- $part := dict -}}
{{- range $known.preparation -}}
{{- if hasKey $options . -}}
{{- $_ := get $options . | set $part . -}}
{{- end -}}
{{- end -}}
{{- toYaml $part -}}
{{- end -}}

{{/* The name of the container port that probes and metrics are asked on. */}}
{{- define "hurricane.probePortName" -}}
{{- $options := include "hurricane.options" . | fromJson -}}
{{- ternary "http" "probes" (eq (int $options.probePort) (default 0 $options.port | int)) -}}
{{- end -}}

{{/* The path of the metrics page in its canonical form. */}}
{{- define "hurricane.metricsPath" -}}
{{- $options := include "hurricane.options" . | fromJson -}}
{{- trimAll "/" $options.metrics | printf "/%s" -}}
{{- end -}}

{{/* Seconds of the grace period, rounded up. */}}
{{- define "hurricane.graceSeconds" -}}
{{- $options := include "hurricane.options" . | fromJson -}}
{{- include "hurricane.seconds" $options.gracePeriod | float64 | ceil | int64 -}}
{{- end -}}

{{/* Seconds of a duration. */}}
{{- define "hurricane.seconds" -}}
{{- $factors := dict "ms" 0.001 "s" 1.0 "m" 60.0 "h" 3600.0 "d" 86400.0 "" 0.0 -}}
{{- $unit := toString . | regexFind "[a-z]*$" -}}
{{- mulf (toString . | trimSuffix $unit | float64) (get $factors $unit) -}}
{{- end -}}

{{/* Seconds that the startup probe leaves a pod. */}}
{{- define "hurricane.startSeconds" -}}
{{- mul .Values.probes.startup.periodSeconds .Values.probes.startup.failureThreshold -}}
{{- end -}}

{{/* How hurricane is called in a container of the app's image. */}}
{{- define "hurricane.executable" -}}
{{- ternary "/opt/hurricane/hurricane" "hurricane" (eq .Values.inject "initContainer") -}}
{{- end -}}

{{/* The first init container, which copies hurricane into the volume of that name. */}}
{{- define "hurricane.carrierContainer" -}}
{{- if eq .Values.inject "initContainer" -}}
- name: install-hurricane
  image: {{ include "hurricane.image" (list .Values.carrier.image .Chart.AppVersion) | quote }}
  imagePullPolicy: {{ .Values.carrier.image.pullPolicy }}
  command: [/opt/hurricane/hurricane, install, /shared]
  {{- with .Values.securityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  volumeMounts:
    - name: hurricane
      mountPath: /shared
{{- end -}}
{{- end -}}

{{/* Labels and annotations of the pods of job and test that count more than those of the app, as JSON. */}}
{{- define "hurricane.hookMetadata" -}}
{{- merge (default dict .Values.hookMetadata | deepCopy) (dict "labels" dict "annotations" dict) | toJson -}}
{{- end -}}

{{/* Init containers that live as long as their pod, such as a proxy to the database. */}}
{{- define "hurricane.sidecars" -}}
{{- $sidecars := list -}}
{{- range default list .Values.initContainers -}}
{{- if eq (default "" .restartPolicy) "Always" -}}
{{- $sidecars = append $sidecars . -}}
{{- end -}}
{{- end -}}
{{- with $sidecars }}
{{- tpl (toYaml .) $ }}
{{- end }}
{{- end -}}

{{/* What every container of the app's image has: (list . name). */}}
{{- define "hurricane.containerBase" -}}
{{- $root := first . -}}
name: {{ last . }}
image: {{ include "hurricane.image" (list $root.Values.image "") | quote }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
{{- with $root.Values.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The mounts and volumes that hurricane itself needs in a container of the app's image. */}}
{{- define "hurricane.baseMounts" -}}
- name: tmp
  mountPath: /tmp
{{- if eq .Values.inject "initContainer" }}
- name: hurricane
  mountPath: /opt/hurricane
  readOnly: true
{{- end }}
{{- end -}}

{{- define "hurricane.baseVolumes" -}}
- name: tmp
  emptyDir: {}
{{- if eq .Values.inject "initContainer" }}
- name: hurricane
  emptyDir: {}
{{- end }}
{{- end -}}

{{/* The variables that hurricane finds its secrets in. */}}
{{- define "hurricane.secretEnv" -}}
{{- $secrets := default dict .Values.secrets }}
{{- range $option, $ref := omit $secrets "webhookSecretFile" }}
- name: HURRICANE_{{ snakecase $option | upper }}
  valueFrom:
    secretKeyRef:
      name: {{ $ref.secretName | quote }}
      key: {{ $ref.key | quote }}
{{- end }}
{{- if $secrets.webhookSecretFile }}
- name: HURRICANE_WEBHOOK_SECRET_FILE
  value: /etc/hurricane-secrets/webhook
{{- end }}
{{- end -}}

{{- define "hurricane.extraEnv" -}}
{{- with .Values.extraEnv }}
{{- tpl (toYaml .) $ }}
{{- end }}
{{- end -}}

{{/* What every pod of the chart has. */}}
{{- define "hurricane.podBase" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
enableServiceLinks: false
{{- with .Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* More than one pod may exist: "true" or "". */}}
{{- define "hurricane.severalPods" -}}
{{- $most := .Values.replicaCount -}}
{{- if .Values.autoscaling.enabled -}}{{- $most = .Values.autoscaling.maxReplicas -}}{{- end -}}
{{- if .Values.keda.enabled -}}{{- $most = .Values.keda.maxReplicas -}}{{- end -}}
{{- if gt (int $most) 1 -}}true{{- end -}}
{{- end -}}
