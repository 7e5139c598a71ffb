{{/* A service's variables, as a list: dict "root" $ "name" NAME "part" PART. Its own "env" is laid over them. */}}
{{- define "marquee.serviceEnv" -}}
{{- $parts := include "marquee.parts" .root | fromYaml }}
{{- $full := include "marquee.fullname" .root }}
- {name: MARQUEE_LOG_LEVEL, value: {{ .root.Values.logLevel }}}
{{- if eq .name "gateway" }}
- {name: MARQUEE_GATEWAY_LISTEN, value: "127.0.0.1:8081"}
- {name: MARQUEE_GATEWAY_SWAGGER_DIR, value: /usr/share/marquee/swagger}
{{- else }}
# For gRPC that is every address of both families, and of IPv4 alone where the kernel has no other.
- {name: MARQUEE_GRPC_LISTEN, value: "[::]:9000"}
{{- end }}
- {name: MARQUEE_METRICS_LISTEN, value: "[::]:9100"}
{{- range .part.calls }}
- {name: {{ (get $parts .).address }}, value: "{{ $full }}-{{ . }}:9000"}
{{- end }}
- {name: MARQUEE_SERVICE_SECRET_FILE, value: /etc/marquee/secrets/service-{{ .name }}}
{{- if .part.database }}
{{ include "marquee.databaseEnv" (dict "root" .root "database" .part.database) }}
{{- end }}
{{- if .part.kafka }}
{{ include "marquee.kafkaEnv" .root }}
{{- end }}
{{- if eq .name "auth" }}
- {name: MARQUEE_AUTH_SERVICE_SECRETS_FILE, value: /etc/marquee/secrets/service-secrets}
- {name: MARQUEE_AUTH_KEY_ENCRYPTION_SECRET_FILE, value: /etc/marquee/secrets/key-encryption}
- {name: MARQUEE_AUTH_BOOTSTRAP_SECRET_FILE, value: /etc/marquee/secrets/bootstrap}
{{- else if eq .name "trainer" }}
- {name: MARQUEE_ARTEFACT_DIR, value: /var/lib/marquee/artefacts}
- name: MARQUEE_TRAINER_INSTANCE
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
{{- else if eq .name "recommender" }}
- {name: MARQUEE_ARTEFACT_CACHE_DIR, value: /var/lib/marquee/cache}
{{- end }}
{{- end }}
