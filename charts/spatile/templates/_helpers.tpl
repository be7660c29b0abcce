{{/* Names and labels. */}}
{{- define "spatile.name" -}}
{{- .Values.nameOverride | default .Chart.Name -}}
{{- end }}

{{- define "spatile.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains (include "spatile.name" .) .Release.Name -}}
{{- .Release.Name | trunc 30 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "spatile.name" .) | trunc 30 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{- define "spatile.selector" -}}
app.kubernetes.io/name: spatile
app.kubernetes.io/instance: {{ include "spatile.fullname" . }}
{{- end }}

{{- define "spatile.labels" -}}
{{ include "spatile.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "spatile.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* Where things are. */}}
{{- define "spatile.serverHost" -}}
{{ include "spatile.fullname" . }}-server.{{ .Release.Namespace }}.svc
{{- end }}

{{- define "spatile.natsHost" -}}
{{ include "spatile.fullname" . }}-nats.{{ .Release.Namespace }}.svc
{{- end }}

{{- define "spatile.natsUrl" -}}
{{- if .Values.nats.enabled -}}
nats://{{ include "spatile.natsHost" . }}:4222
{{- else -}}
{{ required "nats.url: expected the address of a broker, since nats.enabled is false" .Values.nats.url }}
{{- end -}}
{{- end }}

{{/* What every pod may do: nothing but compute. */}}
{{- define "spatile.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "spatile.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Where a pod goes; takes the values that have it. */}}
{{- define "spatile.placement" -}}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClass }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{/* Files that prove who one is; takes a list of the root, the name of the TLS Secret and the values of the NATS credentials. */}}
{{- define "spatile.secretArgs" -}}
{{- $root := index . 0 -}}
{{- if $root.Values.auth.token.existingSecret }}
- --token-file=/etc/spatile/token/{{ $root.Values.auth.token.key }}
{{- end }}
{{- if index . 1 }}
- --tls-ca=/etc/spatile/tls/ca.crt
- --tls-cert=/etc/spatile/tls/tls.crt
- --tls-key=/etc/spatile/tls/tls.key
{{- end }}
{{- with index . 2 }}
{{- if .existingSecret }}
- --nats-creds=/etc/spatile/nats/{{ .key }}
{{- end }}
{{- end }}
{{- end }}

{{- define "spatile.secretMounts" -}}
{{- $root := index . 0 -}}
{{- if $root.Values.auth.token.existingSecret }}
- name: token
  mountPath: /etc/spatile/token
  readOnly: true
{{- end }}
{{- if index . 1 }}
- name: tls
  mountPath: /etc/spatile/tls
  readOnly: true
{{- end }}
{{- with index . 2 }}
{{- if .existingSecret }}
- name: nats-credentials
  mountPath: /etc/spatile/nats
  readOnly: true
{{- end }}
{{- end }}
{{- end }}

{{- define "spatile.secretVolumes" -}}
{{- $root := index . 0 -}}
{{- with $root.Values.auth.token.existingSecret }}
- name: token
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- with index . 1 }}
- name: tls
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- with index . 2 }}
{{- if .existingSecret }}
- name: nats-credentials
  secret:
    secretName: {{ .existingSecret }}
    defaultMode: 0440
{{- end }}
{{- end }}
{{- end }}

{{/* Pools of workers with the defaults in them, by name, as YAML. */}}
{{- define "spatile.pools" -}}
{{- $pools := dict -}}
{{- range $name, $pool := .Values.workers.pools -}}
{{- if not (kindIs "invalid" $pool) -}}
{{- $_ := set $pools $name (mustMergeOverwrite (deepCopy $.Values.workers.defaults) $pool) -}}
{{- end -}}
{{- end -}}
{{- if and (hasPrefix "scaled" .Values.workers.mode) -}}
{{- range $name, $pool := $pools -}}
{{- if ne $pool.class "cpu" -}}
{{- fail (printf "workers.pools.%s.class: KEDA sees the backlog of all classes together, so it can only make workers of class cpu; use workers.mode jobs" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{ toYaml $pools }}
{{- end }}

{{/* Pod template of a pool; takes a dict of root, name and pool, and whether it is for a run's Job (jobs), which gets run and memory from the server. */}}
{{- define "spatile.workerTemplate" -}}
{{- $values := .root.Values -}}
{{- $secrets := list .root $values.auth.workerTls $values.auth.workerNatsCredentials -}}
metadata:
  labels:
    {{- include "spatile.selector" .root | nindent 4 }}
    app.kubernetes.io/component: worker
    spatile.io/pool: {{ .name }}
    {{- with .pool.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .pool.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "spatile.fullname" .root }}-worker
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ add $values.workers.graceSeconds 5 }}
  securityContext:
    {{- include "spatile.podSecurity" .root | nindent 4 }}
  {{- with $values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- include "spatile.placement" .pool | nindent 2 }}
  containers:
    - name: worker
      image: {{ include "spatile.image" .root }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      args:
        - worker
        - --nats={{ include "spatile.natsUrl" .root }}
        {{- if ne .pool.class "cpu" }}
        - --class={{ .pool.class }}
        {{- end }}
        - --grace={{ $values.workers.graceSeconds }}
        - --name=$(POD_NAME)
        - --metrics=0.0.0.0:9464
        {{- if not .jobs }}
        - --memory={{ .pool.memoryMiB }}MiB
        {{- end }}
        {{- if eq $values.workers.mode "scaledJob" }}
        - --idle-exit={{ $values.workers.keda.idleExitSeconds }}
        {{- end }}
        {{- include "spatile.secretArgs" $secrets | nindent 8 }}
        {{- range .pool.extraArgs }}
        - {{ . | quote }}
        {{- end }}
      env:
        - name: POD_NAME
          valueFrom:
            fieldRef:
              fieldPath: metadata.name
      ports:
        - name: metrics
          containerPort: 9464
          protocol: TCP
      livenessProbe:
        httpGet:
          path: /healthz
          port: metrics
        initialDelaySeconds: 30
        periodSeconds: 20
        timeoutSeconds: 10
        failureThreshold: 6
      securityContext:
        {{- include "spatile.containerSecurity" .root | nindent 8 }}
      resources:
        requests:
          cpu: {{ .pool.cpu | quote }}
          ephemeral-storage: {{ $values.storage.scratch | quote }}
          {{- if not .jobs }}
          memory: {{ add .pool.memoryMiB .pool.overheadMiB }}Mi
          {{- end }}
        limits:
          ephemeral-storage: {{ $values.storage.scratch | quote }}
          {{- if not .jobs }}
          memory: {{ add .pool.memoryMiB .pool.overheadMiB }}Mi
          {{- end }}
          {{- if .pool.gpus }}
          {{ .pool.gpuResource }}: {{ .pool.gpus }}
          {{- end }}
      volumeMounts:
        - name: scratch
          mountPath: /tmp
        {{- include "spatile.secretMounts" $secrets | nindent 8 }}
  volumes:
    - name: scratch
      emptyDir:
        sizeLimit: {{ $values.storage.scratch }}
    {{- include "spatile.secretVolumes" $secrets | nindent 4 }}
{{- end }}

{{/* Classes of all pools, cpu first, for spatile serve; empty where there is just cpu. */}}
{{- define "spatile.classes" -}}
{{- $classes := list "cpu" -}}
{{- range $name, $pool := include "spatile.pools" . | fromYaml -}}
{{- $classes = append $classes $pool.class -}}
{{- end -}}
{{- $classes = uniq $classes -}}
{{- if gt (len $classes) 1 }}{{ join "," $classes }}{{ end -}}
{{- end }}

{{/* What server and workers may call: names, and the broker. Takes a dict of root and natsPort. */}}
{{- define "spatile.dnsAndNats" -}}
- ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
- ports:
    - port: {{ .natsPort }}
  {{- if .root.Values.nats.enabled }}
  to:
    - podSelector:
        matchLabels:
          {{- include "spatile.selector" .root | nindent 10 }}
          app.kubernetes.io/component: nats
  {{- else }}
  {{- with .root.Values.nats.peer }}
  to:
    - {{- toYaml . | nindent 6 }}
  {{- end }}
  {{- end }}
{{- end }}
