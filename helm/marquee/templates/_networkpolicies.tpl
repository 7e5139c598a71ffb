{{/* Peers of network policies. */}}
{{- define "marquee.pods" }}{matchLabels: {app.kubernetes.io/name: marquee, app.kubernetes.io/instance: {{ .root.Release.Name | toYaml }}, app.kubernetes.io/component: {{ .component }}}}{{ end }}

{{- define "marquee.toDatabase" }}
- ports: [{port: {{ .Values.postgresql.port }}}]
  {{- if .Values.postgresql.enabled }}
  to: [{podSelector: {{ include "marquee.pods" (dict "root" . "component" "postgresql") }}}]
  {{- else if .Values.networkPolicies.databaseTo }}
  to:
    {{- toYaml .Values.networkPolicies.databaseTo | nindent 4 }}
  {{- end }}
{{- end }}
{{- define "marquee.toMail" }}
{{- with .Values.mail.url }}
- ports: [{port: {{ last (splitList ":" .) }}}]
  {{- with $.Values.networkPolicies.mailTo }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}
{{- /* Their endpoints may have other hosts than the issuer, and are taken to have its port. */}}
{{- define "marquee.toProviders" }}
{{- with (.Values.identityProviders).providers }}
- ports:
    {{- $ports := list }}
    {{- range . }}
    {{- $ports = append $ports (regexFind ":[0-9]+$" (urlParse .issuer).host | trimPrefix ":" | default "443") }}
    {{- end }}
    {{- range $ports | uniq }}
    - {port: {{ . }}}
    {{- end }}
  {{- with $.Values.networkPolicies.providersTo }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}
{{- define "marquee.toKafka" }}
{{- if .Values.kafka.enabled }}
- ports: [{port: 9092}]
  to: [{podSelector: {{ include "marquee.pods" (dict "root" . "component" "kafka") }}}]
{{- else }}
- ports:
    {{- $ports := list }}
    {{- range splitList "," .Values.kafka.brokers }}{{ $ports = append $ports (last (splitList ":" .) | trim) }}{{ end }}
    {{- range $ports | uniq }}
    - {port: {{ . }}}
    {{- end }}
  {{- with .Values.networkPolicies.kafkaTo }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}
