{{/* nginx before the gateway, in its pod: dict "root" $ "drainSeconds" N */}}
{{- define "marquee.edgeContainer" -}}
{{- $edge := .root.Values.edge }}
- name: edge
  image: {{ $edge.image | toYaml }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  args: [nginx, -c, /run/edge/nginx.conf, -g, "daemon off;"]
  env:
    - {name: NGINX_ENVSUBST_FILTER, value: ^MARQUEE_EDGE_}
    - {name: NGINX_ENVSUBST_OUTPUT_DIR, value: /run/edge}
    - {name: MARQUEE_EDGE_LISTEN, value: "8080"}
    - {name: MARQUEE_EDGE_IPV6_LISTEN, value: "[::]:8080"}
    - {name: MARQUEE_EDGE_IPV6, value: "/run/edge/ipv6*.conf"}
    - {name: MARQUEE_EDGE_GATEWAY, value: "127.0.0.1:8081"}
    - {name: MARQUEE_EDGE_RUN_DIR, value: /run/edge}
    - {name: MARQUEE_EDGE_UI_ROOT, value: /usr/share/marquee/www}
    - {name: MARQUEE_EDGE_ACCESS_LOG, value: /dev/stdout}
    - {name: MARQUEE_EDGE_ERROR_LOG, value: /dev/stderr}
    - {name: MARQUEE_EDGE_TLS, value: "/run/edge/tls*.conf"}
    - {name: MARQUEE_EDGE_TRUSTED_PROXIES, value: "/run/edge/trusted*.conf"}
    {{- if $edge.tls.secretName }}
    - {name: MARQUEE_EDGE_TLS_LISTEN, value: "8443"}
    - {name: MARQUEE_EDGE_IPV6_TLS_LISTEN, value: "[::]:8443"}
    - {name: MARQUEE_EDGE_TLS_CERTIFICATE, value: /etc/marquee/tls/tls.crt}
    - {name: MARQUEE_EDGE_TLS_KEY, value: /etc/marquee/tls/tls.key}
    {{- end }}
    # Of answers by TLS alone.
    - {name: MARQUEE_EDGE_HSTS, value: {{ $edge.tls.hsts | quote }}}
    # Of the origins as they are; the template takes a regular expression.
    {{- $origins := list }}
    {{- range $edge.corsOrigins }}{{- $origins = append $origins (regexQuoteMeta .) }}{{- end }}
    - {name: MARQUEE_EDGE_CORS, value: {{ join "|" $origins | quote }}}
    - {name: MARQUEE_EDGE_RATE, value: {{ $edge.rate | quote }}}
    - {name: MARQUEE_EDGE_BURST, value: {{ $edge.burst | quote }}}
    - {name: MARQUEE_EDGE_AUTH_RATE, value: {{ $edge.authRate | quote }}}
    - {name: MARQUEE_EDGE_AUTH_BURST, value: {{ $edge.authBurst | quote }}}
  ports:
    - {name: http, containerPort: 8080}
    {{- if $edge.tls.secretName }}
    - {name: https, containerPort: 8443}
    {{- end }}
  livenessProbe: {tcpSocket: {port: http}, periodSeconds: 10, timeoutSeconds: 3, failureThreshold: 3}
  readinessProbe: {tcpSocket: {port: http}, periodSeconds: 5}
  lifecycle:
    # While the endpoints go round, answers end their connections: none is left in use when nginx closes them.
    preStop: {exec: {command: [sh, -c, "touch /run/edge/draining; sleep {{ .drainSeconds }}"]}}
    # Of the container before this one, should it have been restarted in its pod.
    postStart: {exec: {command: [rm, -f, /run/edge/draining]}}
  {{- with $edge.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- include "marquee.containerSecurity" (dict "root" .root "user" 101) | nindent 2 }}
  volumeMounts:
    - {name: edge-templates, mountPath: /etc/nginx/templates, readOnly: true}
    - {name: edge-templates, mountPath: /docker-entrypoint.d/30-ipv6.sh, subPath: ipv6.sh, readOnly: true}
    - {name: edge-www, mountPath: /usr/share/marquee/www, readOnly: true}
    - {name: edge-run, mountPath: /run/edge}
    - {name: tmp, mountPath: /tmp}
    {{- if $edge.tls.secretName }}
    - {name: edge-tls, mountPath: /etc/marquee/tls, readOnly: true}
    {{- end }}
{{- end }}
