{{/* What the schema cannot refuse: what values must not say together. One sentence each. */}}

{{- define "hurricane.checks" -}}
{{- /* `required` is what lint forgives: these have no default. */ -}}
{{- $_ := required "image.repository is empty: name the image of the app" .Values.image.repository -}}
{{- $_ := required "image.tag is empty, and so is image.digest: give one of them" (coalesce .Values.image.digest .Values.image.tag) -}}
{{- include "hurricane.checkKind" . -}}
{{- include "hurricane.checkMessages" . -}}
{{- include "hurricane.checkOptions" . -}}
{{- include "hurricane.checkSecrets" . -}}
{{- include "hurricane.checkPlaces" . -}}
{{- include "hurricane.checkStart" . -}}
{{- include "hurricane.checkScaling" . -}}
{{- include "hurricane.checkTraffic" . -}}
{{- include "hurricane.checkNames" . -}}
{{- include "hurricane.checkPods" . -}}
{{- include "hurricane.checkJob" . -}}
{{- end -}}

{{- define "hurricane.checkKind" -}}
{{- $kind := .Values.kind -}}
{{- $options := default dict .Values.hurricane -}}
{{- if ne $kind "consume" -}}
{{- $_ := append (default list .Values.command) "" | first | required (printf "command is empty: kind %s needs the command line of the app, such as [node, app.js]" $kind) -}}
{{- else if .Values.command -}}
{{- fail "command is for an app, and kind consume has a handler: use hurricane.handler, handlerExec, handlerUrl or handlerOnce" -}}
{{- else if not (or $options.handler $options.handlerExec $options.handlerUrl $options.handlerOnce) -}}
{{- fail "hurricane.handler is not given, and kind consume needs it, or handlerExec, handlerUrl or handlerOnce" -}}
{{- end -}}
{{- $known := .Files.Get "options.json" | fromJson -}}
{{- range $option, $kinds := $known.kinds -}}
{{- if and (hasKey $options $option) (not (has $kind $kinds)) -}}
{{- fail (printf "hurricane.%s is an option of %s, and kind is %s: leave it out" $option (join " and " $kinds) $kind) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "hurricane.checkOptions" -}}
{{- $known := .Files.Get "options.json" | fromJson -}}
{{- $options := include "hurricane.options" . | fromJson -}}
{{- range $known.off -}}
{{- if eq (get $options . | toString) "true" -}}
{{- fail (printf "hurricane.%s is read as true: give a value, or off" .) -}}
{{- end -}}
{{- end -}}
{{- range $option, $pattern := $known.durations -}}
{{- $given := get $options $option | toString -}}
{{- if regexMatch "^[1-9][0-9]*$" $given -}}
{{- fail (printf "hurricane.%s %s has no unit: write %ss, or another unit" $option $given $given) -}}
{{- end -}}
{{- if and (hasKey $options $option) (not (regexMatch $pattern $given)) -}}
{{- fail (printf "hurricane.%s %s is not a time: give a number with its unit, such as 500ms, 30s, 1.5m or 2h" $option $given) -}}
{{- end -}}
{{- end -}}
{{- if gt (include "hurricane.graceSeconds" . | int) 2073600 -}}
{{- fail (printf "hurricane.gracePeriod %v is too long: give at most 24d" $options.gracePeriod) -}}
{{- end -}}
{{- end -}}

{{- define "hurricane.checkScaling" -}}
{{- $hpa := .Values.autoscaling -}}
{{- $keda := .Values.keda -}}
{{- if and $hpa.enabled $keda.enabled -}}
{{- fail "autoscaling.enabled and keda.enabled exclude each other, because KEDA makes a HorizontalPodAutoscaler of its own: keep one" -}}
{{- end -}}
{{- if and $hpa.enabled (gt (int $hpa.minReplicas) (int $hpa.maxReplicas)) -}}
{{- fail "autoscaling.minReplicas is above autoscaling.maxReplicas: lower it" -}}
{{- end -}}
{{- if and $hpa.enabled (not (or $hpa.cpu $hpa.memory $hpa.metrics)) -}}
{{- fail "autoscaling.enabled has nothing to scale by: give autoscaling.cpu, memory or metrics" -}}
{{- end -}}
{{- range $resource := list "cpu" "memory" -}}
{{- if and $hpa.enabled (get $hpa $resource) (not (default dict $.Values.resources | dig "requests" $resource "")) -}}
{{- fail (printf "autoscaling.%s is per cent of resources.requests.%s, which is not given: give it" $resource $resource) -}}
{{- end -}}
{{- end -}}
{{- if $keda.enabled -}}
{{- include "hurricane.checkKeda" . -}}
{{- end -}}
{{- end -}}

{{- define "hurricane.checkKeda" -}}
{{- $keda := .Values.keda -}}
{{- $options := include "hurricane.options" . | fromJson -}}
{{- if gt (int $keda.minReplicas) (int $keda.maxReplicas) -}}
{{- fail "keda.minReplicas is above keda.maxReplicas: lower it" -}}
{{- end -}}
{{- if not (or $keda.metricsApi.enabled $keda.rabbitmq.enabled $keda.triggers) -}}
{{- fail "keda.enabled has nothing to scale by: enable keda.metricsApi or keda.rabbitmq, or give keda.triggers" -}}
{{- end -}}
{{- if and (eq (int $keda.minReplicas) 0) (not (or $keda.rabbitmq.enabled $keda.triggers)) -}}
{{- fail "keda.minReplicas is 0, and without a pod nobody answers keda.metricsApi: set it to 1, or enable keda.rabbitmq" -}}
{{- end -}}
{{- if and $keda.metricsApi.enabled (or $options.noProbe $options.noMetrics) -}}
{{- fail "keda.metricsApi.enabled needs the metrics of hurricane: leave out hurricane.noProbe and hurricane.noMetrics" -}}
{{- end -}}
{{- $known := .Files.Get "options.json" | fromJson -}}
{{- $numbers := ternary $known.numbers.requests list (eq .Values.kind "serve") -}}
{{- if or (eq .Values.kind "consume") $options.deliver -}}
{{- $numbers = concat $numbers $known.numbers.messages -}}
{{- end -}}
{{- if and $keda.metricsApi.enabled (hasPrefix "hurricane_" $keda.metricsApi.metric) (not (has $keda.metricsApi.metric $numbers)) -}}
{{- fail (printf "keda.metricsApi.metric %s is no number of these values: give %s" $keda.metricsApi.metric (append $numbers "a gauge that the app has pushed" | join ", or ")) -}}
{{- end -}}
{{- if and $keda.rabbitmq.enabled (not $options.queue) -}}
{{- fail "keda.rabbitmq.enabled needs hurricane.queue: name the queue to scale by" -}}
{{- end -}}
{{- if and $keda.rabbitmq.enabled (not (and $keda.rabbitmq.secretName $keda.rabbitmq.key)) (not (hasKey (default dict .Values.secrets) "amqpUrl")) -}}
{{- fail "keda.rabbitmq.secretName and key are not given, and neither is secrets.amqpUrl: say where the URL of the broker is" -}}
{{- end -}}
{{- end -}}

{{- define "hurricane.checkTraffic" -}}
{{- $options := include "hurricane.options" . | fromJson -}}
{{- if and .Values.networkPolicy.enabled (not $options.noProbe) (eq (include "hurricane.probePortName" .) "http") -}}
{{- fail "networkPolicy.enabled cannot keep the probes to networkPolicy.probesFrom on the port of the app: give hurricane.probePort another than hurricane.port" -}}
{{- end -}}
{{- range $asks, $enabled := dict "podMonitor.enabled" .Values.podMonitor.enabled "keda.metricsApi.enabled" (and .Values.keda.enabled .Values.keda.metricsApi.enabled) -}}
{{- if and $enabled $.Values.networkPolicy.enabled (not $.Values.networkPolicy.probesFrom) -}}
{{- fail (printf "%s is of no use while networkPolicy.enabled keeps everybody away from the probe port: name in networkPolicy.probesFrom who asks" $asks) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not (and .Values.service.enabled (eq .Values.kind "serve"))) -}}
{{- fail "ingress.enabled needs a Service: kind serve and service.enabled" -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) -}}
{{- fail "ingress.hosts is empty: name the hosts that are served" -}}
{{- end -}}
{{- if and .Values.service.nodePort (eq .Values.service.type "ClusterIP") -}}
{{- fail "service.nodePort needs service.type NodePort or LoadBalancer" -}}
{{- end -}}
{{- if and .Values.podMonitor.enabled (or $options.noProbe $options.noMetrics) -}}
{{- fail "podMonitor.enabled needs the metrics of hurricane: leave out hurricane.noProbe and hurricane.noMetrics" -}}
{{- end -}}
{{- end -}}

{{- define "hurricane.checkNames" -}}
{{- $name := include "hurricane.fullname" . -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $name) -}}
{{- fail (printf "a Service cannot be called %s, because of its first character or a dot: give fullnameOverride" $name) -}}
{{- end -}}
{{- range $value, $labels := dict "commonLabels" .Values.commonLabels "podLabels" .Values.podLabels "podMonitor.labels" .Values.podMonitor.labels -}}
{{- range $label, $_ := $labels -}}
{{- if regexMatch "^(app[.]kubernetes[.]io/(name|instance|component|version|managed-by)|helm[.]sh/chart)$" $label -}}
{{- fail (printf "%s: %s is a label of the chart: leave it out" $value $label) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if hasKey (default dict .Values.podAnnotations) "checksum/config" -}}
{{- fail "podAnnotations: checksum/config is an annotation of the chart: give yours another name" -}}
{{- end -}}
{{- range .Values.extraVolumes -}}
{{- if has .name (list "config" "hurricane" "tmp" "webhook-secret") -}}
{{- fail (printf "extraVolumes: %s is a volume of the chart: give yours another name" .name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
