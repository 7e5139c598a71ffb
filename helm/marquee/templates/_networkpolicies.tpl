{{/* Peers of network policies. */}}
{{- define "marquee.pods" }}{matchLabels: {app.kubernetes.io/name: marquee, app.kubernetes.io/instance: {{ .root.Release.Name }}, app.kubernetes.io/component: {{ .component }}}}{{ end }}

{{- define "marquee.toDatabase" }}
- ports: [{port: {{ .Values.postgresql.port }}}]
  {{- if .Values.postgresql.enabled }}
  to: [{podSelector: {{ include "marquee.pods" (dict "root" . "component" "postgresql") }}}]
  {{- else if .Values.networkPolicies.databaseTo }}
  to:
    {{- toYaml .Values.networkPolicies.databaseTo | nindent 4 }}
  {{- end }}
{{- end }}
{{- define "marquee.toKafka" }}
{{- if .Values.kafka.enabled }}
- ports: [{port: 9092}]
  to: [{podSelector: {{ include "marquee.pods" (dict "root" . "component" "kafka") }}}]
{{- else }}
- ports:
    {{- range splitList "," .Values.kafka.brokers }}
    - {port: {{ last (splitList ":" .) | trim }}}
    {{- end }}
  {{- with .Values.networkPolicies.kafkaTo }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}
