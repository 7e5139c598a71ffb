{{/* What every name begins with: 40 characters, and room for the longest of what follows. */}}
{{- define "marquee.fullname" -}}
{{- required "a template must begin with marquee.init" .Values._fullname }}
{{- end }}

{{/* A Service's name must be a DNS-1035 label, and a release's needn't be. What is changed or cut gets a hash of the
whole: two names stay two. Releases of before that were only cut keep the name that their volumes have. */}}
{{- define "marquee.makeFullname" -}}
{{- $name := .Values.fullnameOverride }}
{{- if not $name }}{{ $name = ternary .Release.Name (printf "%s-marquee" .Release.Name) (contains "marquee" .Release.Name) }}{{ end }}
{{- if regexMatch "^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$" $name }}
{{- $name }}
{{- else }}
{{- $old := $name | trunc 40 | trimSuffix "-" }}
{{- $there := lookup "v1" "Service" .Release.Namespace (printf "%s-gateway" $old) }}
{{- if eq .Release.Name (dig "metadata" "labels" "app.kubernetes.io/instance" "" $there) }}
{{- $old }}
{{- else }}
{{- $clean := regexReplaceAll "[^a-z0-9-]+" $name "-" }}
{{- printf "%s-%s" (regexReplaceAll "^[^a-z]+" $clean "" | default "marquee" | trunc 31 | trimAll "-") ($name | sha256sum | trunc 8) }}
{{- end }}
{{- end }}
{{- end }}

{{/* Labels that never change: dict "root" $ "component" NAME */}}
{{- define "marquee.selector" -}}
app.kubernetes.io/name: marquee
app.kubernetes.io/instance: {{ .root.Release.Name | toYaml }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* The selector's labels last, and what a company adds may be any other: "more" MAP beside the selector's two. */}}
{{- define "marquee.labels" -}}
{{- $labels := dict "app.kubernetes.io/part-of" "marquee" "app.kubernetes.io/version" .root.Chart.AppVersion "app.kubernetes.io/managed-by" .root.Release.Service "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version) }}
{{- include "marquee.mergedLabels" (dict "labels" $labels "scope" .) }}
{{- end }}

{{/* Of pods: without versions, so that another version of the chart alone restarts nothing. */}}
{{- define "marquee.podLabels" -}}
{{- include "marquee.mergedLabels" (dict "labels" (dict "app.kubernetes.io/part-of" "marquee") "scope" .) }}
{{- end }}

{{- define "marquee.mergedLabels" -}}
{{- include "marquee.overlay" (dict "base" .labels "over" .scope.root.Values.commonLabels) }}
{{- include "marquee.overlay" (dict "base" .labels "over" (.scope.more | default dict)) }}
{{- include "marquee.overlay" (dict "base" .labels "over" (include "marquee.selector" .scope | fromYaml)) }}
{{- include "marquee.strings" .labels }}
{{- end }}

{{- define "marquee.metadata" -}}
name: {{ .name | default (printf "%s-%s" (include "marquee.fullname" .root) .component) | toYaml }}
namespace: {{ .root.Release.Namespace | toYaml }}
labels:
  {{- include "marquee.labels" . | nindent 2 }}
{{- end }}

{{/* One of our images: dict "root" $ "name" NAME "tag" (of this service alone). A tag may be a digest, or carry one. */}}
{{- define "marquee.image" -}}
{{- $image := .root.Values.image }}
{{- $tag := .tag | default $image.tag | default .root.Chart.AppVersion | toString }}
{{- $digest := ternary "" (get $image.digests .name) (empty .tag | not) }}
{{- $name := without (list $image.registry $image.repository .name) "" | join "/" }}
{{- if hasPrefix "sha256:" $tag }}{{ $name }}@{{ $tag }}
{{- else }}{{ $name }}:{{ $tag }}{{ with $digest }}@{{ . }}{{ end }}
{{- end }}
{{- end }}

{{/* Of every pod: dict "root" $ "user" (the image's own id, 10001 for ours). */}}
{{- define "marquee.podSecurity" -}}
automountServiceAccountToken: false
# Service links would put MARQUEE_…_PORT into our own namespace of variables.
enableServiceLinks: false
{{- $context := dict }}
{{- include "marquee.overlay" (dict "base" $context "over" .root.Values.podSecurityContext) }}
{{- range $key, $value := $context }}
{{- if eq (toString $value) "image" }}{{ $_ := set $context $key (int64 ($.user | default 10001)) }}{{ end }}
{{- end }}
{{- with $context }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Of every container: dict "root" $ "user" (where its image's id isn't its pod's). */}}
{{- define "marquee.containerSecurity" -}}
{{- $context := dict }}
{{- include "marquee.overlay" (dict "base" $context "over" .root.Values.containerSecurityContext) }}
{{- range $key := list "runAsUser" "runAsGroup" }}
{{- if and $.user (eq (get ($.root.Values.podSecurityContext | default dict) $key | toString) "image") }}{{ $_ := set $context $key (int64 $.user) }}{{ end }}
{{- end }}
{{- with $context -}}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "marquee.serviceSecret" -}}
{{ .Values.secrets.services | default (printf "%s-services" (include "marquee.fullname" .)) }}
{{- end }}
{{- define "marquee.administratorSecret" -}}
{{ .Values.secrets.administrator | default (printf "%s-administrator" (include "marquee.fullname" .)) }}
{{- end }}
{{- define "marquee.grafanaSecret" -}}
{{ .Values.grafana.existingSecret | default (printf "%s-grafana" (include "marquee.fullname" .)) }}
{{- end }}
{{- define "marquee.databaseSecret" -}}
{{ .Values.postgresql.existingSecret | default (printf "%s-postgresql" (include "marquee.fullname" .)) }}
{{- end }}
{{/* In a URI an IPv6 address stands in brackets, and elsewhere it doesn't. */}}
{{- define "marquee.postgresqlURIHost" -}}
{{- $host := include "marquee.postgresqlHost" . }}
{{- if contains ":" $host }}[{{ $host }}]{{ else }}{{ $host }}{{ end }}
{{- end }}
{{- define "marquee.postgresqlHost" -}}
{{- if .Values.postgresql.enabled }}{{ include "marquee.fullname" . }}-postgresql
{{- else }}{{ required "postgresql.host: name your PostgreSQL server, or set postgresql.enabled=true for the bundled one" .Values.postgresql.host }}{{ end }}
{{- end }}
{{- define "marquee.kafkaBrokers" -}}
{{- if .Values.kafka.enabled }}{{ include "marquee.fullname" . }}-kafka:9092
{{- else }}{{ required "kafka.brokers: name your brokers (host:port, with commas), or set kafka.enabled=true for the bundled one" .Values.kafka.brokers }}{{ end }}
{{- end }}

{{/* What a service's database is called here: dict "root" $ "name" SERVICE. Where it was made under the name of before, it keeps
that: postgresql.databases says so, or the Secret, which has that password and none of the new name. */}}
{{- define "marquee.databaseName" -}}
{{- $database := (get .root.Values._suite.services .name).database }}
{{- $secret := include "marquee.databaseSecret" .root }}
{{- $passwords := (lookup "v1" "Secret" .root.Release.Namespace $secret).data | default dict }}
{{- $former := $database.formerly | default "" }}
{{- $kept := and (hasKey $passwords (printf "%s-password" $former)) (not (hasKey $passwords (printf "%s-password" $database.name))) }}
{{- get .root.Values.postgresql.databases .name | default (ternary $former $database.name $kept) }}
{{- end }}

{{/* The keys of the databases' passwords, as a list. */}}
{{- define "marquee.databasePasswords" -}}
{{- range $name, $part := .Values._suite.services }}
{{- if $part.database }}
- {{ include "marquee.databaseName" (dict "root" $ "name" $name) }}-password
{{- end }}
{{- end }}
{{- end }}

{{/* Of a service's database: dict "root" $ "name" SERVICE. The password comes beside it, as PGPASSWORD. */}}
{{- define "marquee.databaseEnv" -}}
{{- $database := include "marquee.databaseName" . }}
{{- $name := printf "%s%s" .root.Values.postgresql.prefix $database -}}
- name: MARQUEE_POSTGRES_URI
  value: {{ printf "postgresql://%s@%s:%v/%s?sslmode=%s" $name (include "marquee.postgresqlURIHost" .root) .root.Values.postgresql.port $name .root.Values.postgresql.sslmode | quote }}
- name: PGPASSWORD
  valueFrom:
    secretKeyRef: {name: {{ include "marquee.databaseSecret" .root | toYaml }}, key: {{ $database }}-password}
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
    secretKeyRef: {name: {{ include "marquee.kafkaSecret" . | toYaml }}, key: username}
- name: MARQUEE_KAFKA_SASL_PASSWORD_FILE
  value: /etc/marquee/kafka/password
{{- end }}
{{- if .Values.kafka.privateCA }}
- name: MARQUEE_KAFKA_TLS_CA
  value: /etc/marquee/kafka/ca.crt
{{- end }}
{{- end }}
{{- end }}

{{/* Where mail goes, as variables; and the Secret behind them, as a volume and its mount. Nothing without a server. */}}
{{- define "marquee.mailEnv" -}}
{{- with .Values.mail }}
{{- if .url }}
- {name: MARQUEE_AUTH_SMTP_URL, value: {{ .url | quote }}}
- {name: MARQUEE_AUTH_SMTP_TLS, value: {{ .tls }}}
- {name: MARQUEE_AUTH_MAIL_FROM, value: {{ required "mail.from: the address that mail comes from" .from | quote }}}
- {name: MARQUEE_AUTH_MAIL_LINK_URL, value: {{ required "mail.linkUrl: what links in mail begin with" .linkUrl | quote }}}
{{- with .existingSecret }}
- name: MARQUEE_AUTH_SMTP_USERNAME
  valueFrom:
    secretKeyRef: {name: {{ . | toYaml }}, key: username}
- {name: MARQUEE_AUTH_SMTP_PASSWORD_FILE, value: /etc/marquee/mail/password}
{{- end }}
{{- if .privateCA }}
- {name: MARQUEE_AUTH_SMTP_CA, value: /etc/marquee/mail/ca.crt}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- define "marquee.mailSecret" -}}
{{- with .Values.mail }}
{{- if and .url (or .existingSecret .privateCA) }}
{{- required "mail.existingSecret: name the Secret with ca.crt (privateCA)" .existingSecret }}
{{- end }}
{{- end }}
{{- end }}
{{- define "marquee.mailVolume" -}}
{{- with include "marquee.mailSecret" . }}
- name: mail
  secret:
    secretName: {{ . | toYaml }}
    defaultMode: 0440
    items:
      - {key: password, path: password}
      {{- if $.Values.mail.privateCA }}
      - {key: ca.crt, path: ca.crt}
      {{- end }}
{{- end }}
{{- end }}
{{- define "marquee.mailMount" -}}
{{- if include "marquee.mailSecret" . }}
- {name: mail, mountPath: /etc/marquee/mail, readOnly: true}
{{- end }}
{{- end }}

{{/* With whose OpenID providers people sign in, as variables; and the Secret behind them. Nothing without any. */}}
{{- define "marquee.providersEnv" -}}
{{- with .Values.identityProviders }}
{{- if .providers }}
{{- $list := list }}
{{- range .providers }}
{{- $entry := dict "id" .id "name" .name "issuer" .issuer "client_id" .clientId }}
{{- if .scope }}{{ $_ := set $entry "scope" .scope }}{{ end }}
{{- $list = append $list $entry }}
{{- end }}
{{- $_ := required "identityProviders.existingSecret: name the Secret with client-secrets" .existingSecret }}
- {name: MARQUEE_AUTH_PROVIDERS, value: {{ $list | toJson | quote }}}
- {name: MARQUEE_AUTH_PROVIDER_SECRETS_FILE, value: /etc/marquee/providers/client-secrets}
{{- if .privateCA }}
- {name: MARQUEE_AUTH_PROVIDERS_CA, value: /etc/marquee/providers/ca.crt}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- define "marquee.providersVolume" -}}
{{- with .Values.identityProviders }}
{{- if .providers }}
- name: providers
  secret:
    secretName: {{ .existingSecret | toYaml }}
    defaultMode: 0440
    items:
      - {key: client-secrets, path: client-secrets}
      {{- if .privateCA }}
      - {key: ca.crt, path: ca.crt}
      {{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- define "marquee.providersMount" -}}
{{- if (.Values.identityProviders).providers }}
- {name: providers, mountPath: /etc/marquee/providers, readOnly: true}
{{- end }}
{{- end }}

{{/* The Secret behind marquee.kafkaEnv, and it as a volume and its mount; nothing for the bundled Kafka. */}}
{{- define "marquee.kafkaSecret" -}}
{{- if and (not .Values.kafka.enabled) (or (hasPrefix "SASL" .Values.kafka.securityProtocol) .Values.kafka.privateCA) }}
{{- required "kafka.existingSecret: name the Secret with username and password (a SASL protocol) and ca.crt (privateCA)" .Values.kafka.existingSecret }}
{{- end }}
{{- end }}
{{- define "marquee.kafkaVolume" -}}
{{- with include "marquee.kafkaSecret" . }}
- name: kafka
  secret:
    secretName: {{ . | toYaml }}
    defaultMode: 0440
    items:
      {{- if hasPrefix "SASL" $.Values.kafka.securityProtocol }}
      - {key: password, path: password}
      {{- end }}
      {{- if $.Values.kafka.privateCA }}
      - {key: ca.crt, path: ca.crt}
      {{- end }}
{{- end }}
{{- end }}
{{- define "marquee.kafkaMount" -}}
{{- if include "marquee.kafkaSecret" . }}
- {name: kafka, mountPath: /etc/marquee/kafka, readOnly: true}
{{- end }}
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

{{/* Refuses to make a secret up where the one that may be there can't be looked up, since it would be another each time:
dict "root" $ "value" (the value that names a Secret instead). */}}
{{- define "marquee.mayGenerate" -}}
{{- $generate := .root.Values.secrets.generate | toString }}
{{- if eq $generate "false" }}
{{- fail (printf "%s: name a Secret of yours, since secrets.generate is false" .value) }}
{{- else if and (eq $generate "auto") (not (include "marquee.hasCluster" .root)) }}
{{- fail (printf "%s: name a Secret of yours. There is no cluster to look up what is there already (helm template, Argo CD, --dry-run=client), so that each render would make up another; secrets.generate=true does so all the same. See docs/install-production.md, Secrets" .value) }}
{{- end }}
{{- end }}

{{/* Not empty when lookups are answered. What Helm itself needs the right for comes first: its own Secrets; then what is
in every namespace, and the namespace, which may not have been made yet. */}}
{{- define "marquee.hasCluster" -}}
{{- $namespace := .Release.Namespace }}
{{- if or (lookup "v1" "Secret" $namespace "").items (lookup "v1" "ConfigMap" $namespace "kube-root-ca.crt") (lookup "v1" "Namespace" "" $namespace) (lookup "v1" "Namespace" "" "kube-system") }}yes{{ end }}
{{- end }}

{{/* Refuses another size for a StatefulSet's volume with words that Kubernetes hasn't: dict "root" $ "component" NAME */}}
{{- define "marquee.checkVolume" -}}
{{- $there := lookup "apps/v1" "StatefulSet" .root.Release.Namespace (printf "%s-%s" (include "marquee.fullname" .root) .component) }}
{{- $size := (get .root.Values .component).persistence.size }}
{{- range dig "spec" "volumeClaimTemplates" list $there }}
{{- $now := .spec.resources.requests.storage }}
{{- if ne (include "marquee.mebibytes" $now) (include "marquee.mebibytes" $size) }}
{{- fail (printf "%s.persistence.size: %s has %s, and the volume of a StatefulSet can't be changed by an upgrade to %s: docs/upgrade-and-rollback.md, \"A bigger volume\", says how" $.component $there.metadata.name $now $size) }}
{{- end }}
{{- end }}
{{- end }}
{{- define "marquee.mebibytes" -}}
{{- $unit := regexFind "[A-Za-z]+$" . }}
{{- mul (trimSuffix $unit . | int64) (get (dict "Mi" 1 "Gi" 1024 "Ti" 1048576) $unit) }}
{{- end }}
