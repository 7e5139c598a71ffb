{{/* Jobs, and the containers of ours that run in them. */}}
{{- define "marquee.job" }}
{{- $labels := include "marquee.podLabels" (dict "root" .root "component" .component) }}
{{- $security := include "marquee.podSecurity" (dict "root" .root) }}
{{- /* A Job's template can't be changed: whatever is in it is in the name. */}}
{{- $name := printf "%s-%s-%s" (include "marquee.fullname" .root) .component (printf "%s%s%s" .pod $labels $security | sha256sum | trunc 8) }}
apiVersion: batch/v1
kind: Job
metadata:
  {{- include "marquee.metadata" (dict "root" .root "component" .component "name" $name) | nindent 2 }}
spec:
  backoffLimit: 10
  # Each waits by itself for what it needs; what then hangs ends some day, and its status says so.
  activeDeadlineSeconds: {{ .root.Values.jobs.deadlineSeconds }}
  template:
    metadata:
      labels:
        {{- $labels | nindent 8 }}
    spec:
      restartPolicy: OnFailure
      {{- $security | nindent 6 }}
      {{- .pod | nindent 6 }}
{{- end }}

{{- define "marquee.ctlContainer" }}
- name: {{ .name }}
  image: {{ include "marquee.image" (dict "root" .root "name" "ctl") }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  command:
    {{- toYaml .command | nindent 4 }}
  env:
    {{- $full := include "marquee.fullname" .root }}
    - {name: HOME, value: /tmp}
    - {name: MARQUEE_SERVER, value: "http://{{ $full }}-gateway:{{ .root.Values.service.port }}"}
    - {name: MARQUEE_CATALOG_ADDRESS, value: "{{ $full }}-catalog:9000"}
    - {name: MARQUEE_RATING_INGEST_ADDRESS, value: "{{ $full }}-rating-ingest:9000"}
    {{- if .administrator }}
    - {name: MARQUEE_ADMINISTRATOR_EMAIL_FILE, value: /etc/marquee/administrator/email}
    - {name: MARQUEE_PASSWORD_FILE, value: /etc/marquee/administrator/password}
    - {name: MARQUEE_AUTH_BOOTSTRAP_SECRET_FILE, value: /etc/marquee/administrator/bootstrap}
    {{- end }}
    {{- with .env }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  resources:
    requests: {cpu: 20m, memory: 32Mi}
    limits: {memory: 512Mi}
  {{- include "marquee.containerSecurity" (dict "root" .root) | nindent 2 }}
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
    {{- if .kafka }}
    {{- with include "marquee.kafkaMount" .root | trim }}
{{- . | nindent 4 }}
{{- end }}
    {{- end }}
    {{- if .administrator }}
    - {name: administrator, mountPath: /etc/marquee/administrator, readOnly: true}
    {{- end }}
{{- end }}

{{- define "marquee.ctlVolumes" }}
- name: tmp
  emptyDir: {sizeLimit: 256Mi}
{{- if .kafka }}
{{- with include "marquee.kafkaVolume" .root | trim }}
{{- . | nindent 0 }}
{{- end }}
{{- end }}
{{- if .administrator }}
- name: administrator
  projected:
    defaultMode: 0440
    sources:
      - secret:
          name: {{ include "marquee.administratorSecret" .root | toYaml }}
          items: [{key: email, path: email}, {key: password, path: password}]
      - secret:
          name: {{ include "marquee.serviceSecret" .root | toYaml }}
          items: [{key: bootstrap, path: bootstrap}]
{{- end }}
{{- end }}

{{/* What runs in the ctl image: dict "root" $ "name" NAME "command" LIST, and where needed "env" LIST, "kafka" true,
"administrator" true. */}}
{{- define "marquee.ctlPod" }}
containers:
  {{- include "marquee.ctlContainer" . | nindent 2 }}
volumes:
  {{- include "marquee.ctlVolumes" . | nindent 2 }}
{{- end }}

{{- define "marquee.migratePod" }}
{{- $secret := include "marquee.databaseSecret" .root }}
{{- $pg := .root.Values.postgresql }}
containers:
  - name: migrate
    image: {{ include "marquee.image" (dict "root" .root "name" "migrate") }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    command: [/usr/share/marquee/jobs/migrate-all]
    env:
      - {name: HOME, value: /tmp}
      - {name: MARQUEE_POSTGRES_HOST, value: {{ include "marquee.postgresqlHost" .root | toYaml }}}
      - {name: MARQUEE_POSTGRES_PORT, value: {{ $pg.port | quote }}}
      - {name: MARQUEE_POSTGRES_SSLMODE, value: {{ $pg.sslmode }}}
      {{- $renamed := list }}
      {{- range $service, $part := .root.Values._suite.services }}
      {{- if $part.database }}
      {{- $database := include "marquee.databaseName" (dict "root" $.root "name" $service) }}
      {{- if ne $database $part.database.name }}{{ $renamed = append $renamed (printf "%s=%s" $service $database) }}{{ end }}
      {{- end }}
      {{- end }}
      {{- with $renamed }}
      - {name: MARQUEE_POSTGRES_DATABASES, value: {{ join " " . | quote }}}
      {{- end }}
      - {name: MARQUEE_POSTGRES_PREFIX, value: {{ $pg.prefix | quote }}}
      - {name: MARQUEE_POSTGRES_SUPERUSER, value: {{ ternary $pg.superuser "" $pg.createDatabases | quote }}}
      - {name: MARQUEE_POSTGRES_PASSWORD_DIR, value: /etc/marquee/postgresql}
    resources:
      requests: {cpu: 50m, memory: 64Mi}
      limits: {memory: 256Mi}
    {{- include "marquee.containerSecurity" (dict "root" .root) | nindent 4 }}
    volumeMounts:
      - {name: passwords, mountPath: /etc/marquee/postgresql, readOnly: true}
      - {name: tmp, mountPath: /tmp}
volumes:
  - name: passwords
    secret: {secretName: {{ $secret | toYaml }}, defaultMode: 0440}
  - name: tmp
    emptyDir: {sizeLimit: 64Mi}
{{- end }}

{{- define "marquee.topicsPod" }}
{{- $env := include "marquee.kafkaEnv" .root | fromYamlArray }}
{{- $command := list "/usr/local/bin/marqueectl" "topics" "apply" "--brokers" (include "marquee.kafkaBrokers" .root) "--file" "/usr/share/marquee/topics.txt" "--ratings-partitions" (.root.Values.kafka.ratingsPartitions | toString) "--replication-factor" (.root.Values.kafka.replicationFactor | toString) "--timeout" "240" }}
{{- include "marquee.ctlPod" (dict "root" .root "name" "topics" "kafka" true "env" $env "command" $command) }}
{{- end }}
