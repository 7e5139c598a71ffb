{{/*
Called first by each template: makes .Values what the others rely on, in place, once for a render.
- What is null or missing is as values.yaml has it. Within resources, settings and the security contexts null takes the
  default away instead.
- Whole numbers are integers: Helm reads them as floating-point numbers from a file, and would print 1e+06.
Beside them stands _suite: deploy/suite.yaml, each of whose services has calls, topics and secrets.
*/}}
{{- define "marquee.init" -}}
{{- if not (hasKey .Values "_fullname") }}
{{- include "marquee.fill" (dict "values" .Values "defaults" (.Files.Get "files/values.yaml" | fromYaml)) }}
{{- include "marquee.integers" (dict "values" .Values "path" "") }}
{{- $_ := set .Values "_suite" (include "marquee.readSuite" . | fromYaml) }}
{{- $names := keys .Values._suite.services | sortAlpha }}
{{- range $name, $ignored := .Values.services }}
{{- if not (has $name $names) }}{{ fail (printf "services.%s: there is no such service: the suite has %s" $name (join ", " $names)) }}{{ end }}
{{- end }}
{{- range $name, $ignored := .Values.postgresql.databases }}
{{- if not (get $.Values._suite.services $name | default dict).database }}{{ fail (printf "postgresql.databases.%s: no service of that name has a database" $name) }}{{ end }}
{{- end }}
{{- $_ := set .Values "_fullname" (include "marquee.makeFullname" .) }}
{{- end }}
{{- end }}

{{- define "marquee.readSuite" -}}
{{- $suite := .Files.Get "files/suite.yaml" | fromYaml }}
{{- $names := keys $suite.services | sortAlpha }}
{{- range $name, $service := $suite.services }}
{{- if kindIs "string" $service.calls }}{{ $_ := set $service "calls" (without $names $name) }}{{ end }}
{{- $_ := set $service "topics" ($service.topics | default dict) }}
{{- $_ := set $service "secrets" ($service.secrets | default dict) }}
{{- with $service.service_secrets }}{{ $_ := set $service.secrets "service-secrets" . }}{{ end }}
{{- end }}
{{- toYaml $suite }}
{{- end }}

{{- define "marquee.fill" -}}
{{- $values := .values }}
{{- range $key, $default := .defaults }}
{{- $there := get $values $key }}
{{- if has $key (list "resources" "settings" "podSecurityContext" "containerSecurityContext") }}
{{- else if and (kindIs "map" $default) (kindIs "map" $there) }}
{{- include "marquee.fill" (dict "values" $there "defaults" $default) }}
{{- else if or (not (hasKey $values $key)) (kindIs "invalid" $there) }}
{{- $_ := set $values $key (deepCopy $default) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "marquee.integers" -}}
{{- $values := .values }}
{{- $path := .path }}
{{- range $key, $value := $values }}
{{- $here := printf "%s%s" $path $key }}
{{- if kindIs "map" $value }}
{{- include "marquee.integers" (dict "values" $value "path" (printf "%s." $here)) }}
{{- else if kindIs "slice" $value }}
{{- $list := list }}
{{- range $value }}
{{- $entry := dict "entry" . }}
{{- include "marquee.integers" (dict "values" $entry "path" (printf "%s " $here)) }}
{{- $list = append $list $entry.entry }}
{{- end }}
{{- $_ := set $values $key $list }}
{{- else if kindIs "float64" $value }}
{{- if or (ge $value 9007199254740992.0) (le $value -9007199254740992.0) }}
{{- fail (printf "%s: %.0f is too large for a number, whose last digits would be lost: write it in quotes" $here $value) }}
{{- else if eq (floor $value) $value }}
{{- $_ := set $values $key (int64 $value) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Lays one map over another, in place: dict "base" MAP "over" MAP. A null takes away, unless "nulls" "are nothing". */}}
{{- define "marquee.overlay" -}}
{{- $base := .base }}
{{- $nulls := .nulls }}
{{- range $key, $value := .over }}
{{- if kindIs "invalid" $value }}
{{- if ne (toString $nulls) "are nothing" }}{{ $_ := unset $base $key }}{{ end }}
{{- else if and (kindIs "map" $value) (kindIs "map" (get $base $key)) }}
{{- include "marquee.overlay" (dict "base" (get $base $key) "over" $value "nulls" $nulls) }}
{{- else if kindIs "map" $value }}
{{- $_ := set $base $key (deepCopy $value) }}
{{- else }}
{{- $_ := set $base $key $value }}
{{- end }}
{{- end }}
{{- end }}

{{/* A service's settings, into a map: the defaults, over them what the suite says of it, and its own. dict "root" $ "name" NAME "into" MAP. What is null
is as the defaults have it; within what they only suggest, it is taken away. */}}
{{- define "marquee.settings" -}}
{{- $into := .into }}
{{- include "marquee.overlay" (dict "base" $into "over" .root.Values.defaults) }}
{{- $part := get .root.Values._suite.services .name }}
{{- with $part.resources }}{{ include "marquee.overlay" (dict "base" $into "over" (dict "resources" .)) }}{{ end }}
{{- if not $part.scales }}
{{- include "marquee.overlay" (dict "base" $into "over" (dict "replicas" (min 1 $into.replicas) "autoscaling" (dict "enabled" false))) }}
{{- end }}
{{- range $key, $value := get .root.Values.services .name | default dict }}
{{- if not (kindIs "invalid" $value) }}
{{- $open := has $key (list "resources" "env" "podAnnotations" "podLabels" "nodeSelector" "affinity") }}
{{- include "marquee.overlay" (dict "base" $into "over" (dict $key $value) "nulls" (ternary "take away" "are nothing" $open)) }}
{{- end }}
{{- end }}
{{- end }}

{{/* Annotations, labels and the like, whose values must be strings: numbers and booleans as they read. */}}
{{- define "marquee.strings" -}}
{{- $strings := dict }}
{{- range $key, $value := . }}
{{- if not (kindIs "invalid" $value) }}{{ $_ := set $strings $key (toString $value) }}{{ end }}
{{- end }}
{{- toYaml $strings }}
{{- end }}
