{{/* What the suite is made of: who has a database, who talks to whom. The design's picture, once. */}}
{{- define "marquee.parts" -}}
auth:          {database: auth}
catalog:       {database: catalog, kafka: true, calls: [auth]}
rating-ingest: {database: ratings, kafka: true, calls: [auth, catalog]}
trainer:       {database: trainer, kafka: true, calls: [auth, rating-ingest]}
recommender:   {kafka: true, calls: [auth, catalog, rating-ingest, trainer]}
reviews:       {database: reviews, calls: [auth, catalog]}
gateway:       {calls: [auth, catalog, rating-ingest, trainer, recommender, reviews]}
{{- end }}

{{- define "marquee.fullname" -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains "marquee" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}{{ printf "%s-marquee" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* Labels that never change: dict "root" $ "component" NAME */}}
{{- define "marquee.selector" -}}
app.kubernetes.io/name: marquee
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "marquee.labels" -}}
{{ include "marquee.selector" . }}
app.kubernetes.io/part-of: marquee
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | quote }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Of pods: without versions, so that another version of the chart alone restarts nothing. */}}
{{- define "marquee.podLabels" -}}
{{ include "marquee.selector" . }}
app.kubernetes.io/part-of: marquee
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "marquee.metadata" -}}
name: {{ .name | default (printf "%s-%s" (include "marquee.fullname" .root) .component) }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "marquee.labels" . | nindent 2 }}
{{- end }}

{{/* One of our images: dict "root" $ "name" NAME "tag" (optional) */}}
{{- define "marquee.image" -}}
{{- with .root.Values.image -}}
{{ with .registry }}{{ . }}/{{ end }}{{ with .repository }}{{ . }}/{{ end }}{{ $.name }}:{{ $.tag | default .tag | default $.root.Chart.AppVersion }}
{{- end }}
{{- end }}

{{/* Pod Security "restricted", for every pod and container of ours. */}}
{{- define "marquee.podSecurity" -}}
automountServiceAccountToken: false
# Service links would put MARQUEE_…_PORT into our own namespace of variables.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .user | default 10001 }}
  runAsGroup: {{ .user | default 10001 }}
  fsGroup: {{ .user | default 10001 }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "marquee.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{- define "marquee.serviceSecret" -}}
{{ .Values.secrets.services | default (printf "%s-services" (include "marquee.fullname" .)) }}
{{- end }}
{{- define "marquee.administratorSecret" -}}
{{ .Values.secrets.administrator | default (printf "%s-administrator" (include "marquee.fullname" .)) }}
{{- end }}
{{- define "marquee.databaseSecret" -}}
{{ .Values.postgresql.existingSecret | default (printf "%s-postgresql" (include "marquee.fullname" .)) }}
{{- end }}
{{- define "marquee.postgresqlHost" -}}
{{- if .Values.postgresql.enabled }}{{ include "marquee.fullname" . }}-postgresql
{{- else }}{{ required "postgresql.host: name your PostgreSQL server, or set postgresql.enabled=true for the bundled one" .Values.postgresql.host }}{{ end }}
{{- end }}
{{- define "marquee.kafkaBrokers" -}}
{{- if .Values.kafka.enabled }}{{ include "marquee.fullname" . }}-kafka:9092
{{- else }}{{ required "kafka.brokers: name your brokers (host:port, with commas), or set kafka.enabled=true for the bundled one" .Values.kafka.brokers }}{{ end }}
{{- end }}

{{/* Of one database: dict "root" $ "database" NAME. The password comes beside it, as PGPASSWORD. */}}
{{- define "marquee.databaseEnv" -}}
{{- $name := printf "%s%s" .root.Values.postgresql.prefix .database -}}
- name: MARQUEE_POSTGRES_URI
  value: {{ printf "postgresql://%s@%s:%v/%s?sslmode=%s" $name (include "marquee.postgresqlHost" .root) .root.Values.postgresql.port $name .root.Values.postgresql.sslmode }}
- name: PGPASSWORD
  valueFrom:
    secretKeyRef: {name: {{ include "marquee.databaseSecret" .root }}, key: {{ .database }}-password}
{{- end }}

{{- define "marquee.kafkaEnv" -}}
- name: MARQUEE_KAFKA_BROKERS
  value: {{ include "marquee.kafkaBrokers" . | quote }}
{{- if not .Values.kafka.enabled }}
- name: MARQUEE_KAFKA_SECURITY_PROTOCOL
  value: {{ lower .Values.kafka.securityProtocol }}
{{- if hasPrefix "SASL" .Values.kafka.securityProtocol }}
- name: MARQUEE_KAFKA_SASL_MECHANISM
  value: {{ .Values.kafka.saslMechanism }}
- name: MARQUEE_KAFKA_SASL_USERNAME
  valueFrom:
    secretKeyRef: {name: {{ required "kafka.existingSecret: name the Secret with username and password for a SASL protocol" .Values.kafka.existingSecret }}, key: username}
- name: MARQUEE_KAFKA_SASL_PASSWORD_FILE
  value: /etc/marquee/kafka/password
{{- end }}
{{- if .Values.kafka.privateCA }}
- name: MARQUEE_KAFKA_TLS_CA
  value: /etc/marquee/kafka/ca.crt
{{- end }}
{{- end }}
{{- end }}

{{/* The Secret behind marquee.kafkaEnv, as a volume and its mount; nothing for the bundled Kafka. */}}
{{- define "marquee.kafkaVolume" -}}
{{- if and (not .Values.kafka.enabled) .Values.kafka.existingSecret }}
- name: kafka
  secret:
    secretName: {{ .Values.kafka.existingSecret }}
    defaultMode: 0440
    items:
      {{- if hasPrefix "SASL" .Values.kafka.securityProtocol }}
      - {key: password, path: password}
      {{- end }}
      {{- if .Values.kafka.privateCA }}
      - {key: ca.crt, path: ca.crt}
      {{- end }}
{{- end }}
{{- end }}
{{- define "marquee.kafkaMount" -}}
{{- if and (not .Values.kafka.enabled) .Values.kafka.existingSecret }}
- {name: kafka, mountPath: /etc/marquee/kafka, readOnly: true}
{{- end }}
{{- end }}

{{/* A service's settings: the defaults, and over them its own. dict "root" $ "name" NAME → YAML */}}
{{- define "marquee.settings" -}}
{{- $own := index .root.Values.services .name | default dict -}}
{{- $merged := mergeOverwrite (deepCopy .root.Values.defaults) (deepCopy $own) -}}
{{- /* A strategy is one or the other: RollingUpdate's numbers don't go with Recreate. */ -}}
{{- if $own.strategy }}{{ $_ := set $merged "strategy" $own.strategy }}{{ end -}}
{{ toYaml $merged }}
{{- end }}

{{/* Keeps what is there, else makes it up: dict "root" $ "secret" NAME "key" KEY "length" N → base64 */}}
{{- define "marquee.keptSecret" -}}
{{- $there := lookup "v1" "Secret" .root.Release.Namespace .secret -}}
{{- if and $there (hasKey ($there.data | default dict) .key) -}}
{{ index $there.data .key }}
{{- else -}}
{{ randAlphaNum (.length | default 40) | b64enc }}
{{- end }}
{{- end }}
