{{/* A service's variables, as a list: dict "root" $ "name" NAME "part" PART. Its own "env" is laid over them. */}}
{{- define "marquee.serviceEnv" -}}
{{- $full := include "marquee.fullname" .root }}
{{- $own := printf "MARQUEE_%s" (.name | snakecase | upper) }}
- {name: MARQUEE_LOG_LEVEL, value: {{ .root.Values.logLevel }}}
{{- if .part.ports.http }}
- {name: {{ $own }}_LISTEN, value: "127.0.0.1:{{ .part.ports.http }}"}
- {name: {{ $own }}_SWAGGER_DIR, value: /usr/share/marquee/swagger}
# The headless Service: an address for each pod that is ready.
- {name: {{ $own }}_PEERS, value: {{ $full }}-{{ .name }}-metrics}
{{- else }}
# For gRPC that is every address of both families, and of IPv4 alone where the kernel has no other.
- {name: MARQUEE_GRPC_LISTEN, value: "[::]:9000"}
{{- end }}
- {name: MARQUEE_METRICS_LISTEN, value: "[::]:9100"}
{{- range .part.calls }}
- {name: MARQUEE_{{ . | snakecase | upper }}_ADDRESS, value: "{{ $full }}-{{ . }}:9000"}
{{- end }}
- {name: MARQUEE_SERVICE_SECRET_FILE, value: /etc/marquee/secrets/service-{{ .name }}}
{{- if .part.database }}
{{ include "marquee.databaseEnv" (dict "root" .root "name" .name) }}
{{- end }}
{{- if .part.topics }}
{{ include "marquee.kafkaEnv" .root }}
{{- end }}
{{- if has "mail" (.part.reaches | default list) }}
{{ include "marquee.mailEnv" .root }}
{{- end }}
{{- if has "providers" (.part.reaches | default list) }}
{{ include "marquee.providersEnv" .root }}
{{- end }}
{{- range $secret, $variable := .part.secrets }}
- {name: {{ $variable }}_FILE, value: /etc/marquee/secrets/{{ $secret }}}
{{- end }}
{{- if and .part.public_address (include "marquee.publicAddress" .root) }}
- {name: {{ .part.public_address }}, value: {{ include "marquee.publicAddress" .root | quote }}}
{{- end }}
{{- range $variable, $topic := .part.writers_of }}
- {name: {{ $variable }}, value: "{{ include "marquee.writersOf" (dict "root" $.root "topic" $topic) }}"}
{{- end }}
{{- with include "marquee.exportNext" . }}
- {name: MARQUEE_EXPORT_NEXT, value: {{ . }}}
{{- end }}
{{- with .part.volume }}
- {name: {{ .variable }}, value: /var/lib/marquee/{{ .folder }}}
{{- if include "marquee.claimOfBefore" (dict "root" $.root "part" $.part) }}
- {name: {{ .formerly.variable }}, value: /var/lib/marquee-of-before/{{ .formerly.folder }}}
{{- end }}
{{- end }}
{{- range $variable, $field := .part.variables }}
- name: {{ $variable }}
  valueFrom: {fieldRef: {fieldPath: {{ get (dict "pod" "metadata.name") $field }}}}
{{- end }}
{{- end }}

{{/* The address that browsers know; empty when nobody said it. */}}
{{- define "marquee.publicAddress" -}}
{{- with .Values }}
{{- if .publicAddress }}{{ .publicAddress }}
{{- else if .ingress.enabled }}http{{ if .ingress.tls }}s{{ end }}://{{ (first .ingress.hosts).host }}
{{- end }}
{{- end }}
{{- end }}

{{/* The names of all services that write a topic, comma-separated: dict "root" $ "topic" NAME. */}}
{{- define "marquee.writersOf" -}}
{{- $names := list }}
{{- range $name, $service := .root.Values._suite.services }}
{{- if has $.topic (dig "topics" "writes" list $service) }}{{ $names = append $names $name }}{{ end }}
{{- end }}
{{- $names | sortAlpha | join "," }}
{{- end }}

{{/* Where a person's export goes on after a service's part: dict "root" $ "name" NAME "part" PART. */}}
{{- define "marquee.exportNext" -}}
{{- $next := "" }}
{{- if .part.exports }}
{{- range $name := keys .root.Values._suite.services | sortAlpha | reverse }}
{{- $path := (get $.root.Values._suite.services $name).exports }}
{{- if and $path (gt $name $.name) }}{{ $next = $path }}{{ end }}
{{- end }}
{{- end }}
{{- $next }}
{{- end }}

{{/* The claim of a service's volume of before, where it is still there: dict "root" $ "part" PART. Nothing deletes it. */}}
{{- define "marquee.claimOfBefore" -}}
{{- with dig "volume" "formerly" "name" "" .part }}
{{- $claim := $.root.Values.training.persistence.existingClaim | default (printf "%s-%s" (include "marquee.fullname" $.root) .) }}
{{- if or $.root.Values.training.persistence.existingClaim (lookup "v1" "PersistentVolumeClaim" $.root.Release.Namespace $claim) }}{{ $claim }}{{ end }}
{{- end }}
{{- end }}
