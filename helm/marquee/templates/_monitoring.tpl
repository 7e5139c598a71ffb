{{/* The alerts of deploy/alerts for this release: dict "root" $ "rules" TEXT. What the text asks for, `ci/suite` names. */}}
{{- define "marquee.rules" -}}
{{- $root := .root }}
{{- $full := include "marquee.fullname" $root }}
{{- $suite := $root.Values._suite }}
{{- $names := keys $suite.services | sortAlpha }}
{{- $consumers := list }}
{{- $appliers := list }}
{{- $claims := list "postgresql-0" "kafka-0" }}
{{- range $name, $part := $suite.services }}
{{- $applies := false }}
{{- range $part.topics.reads }}{{ if (get $suite.topics .).applied }}{{ $applies = true }}{{ end }}{{ end }}
{{- if $applies }}
{{- $consumers = append $consumers (snakecase $name) }}
{{- if $part.database }}{{ $appliers = append $appliers (snakecase $name) }}{{ end }}
{{- end }}
{{- if dig "volume" "kept" false $part }}{{ $claims = append $claims $part.volume.name }}{{ end }}
{{- end }}
{{- $pods := concat $names (keys $suite.jobs | sortAlpha) (sortAlpha $suite.bundled) }}
{{- tpl .rules (dict "Template" $root.Template "names" $names
  "own" (printf "namespace=%q, release=%q" $root.Release.Namespace $root.Release.Name)
  "namespace" (printf "namespace=%q" $root.Release.Namespace)
  "services" (join "|" $names)
  "pods" (printf "%s-(%s)-.+" $full (join "|" $pods))
  "claims" (printf "%s-(%s)" $full (join "|" (append $claims "prometheus")))
  "nodes" (quote $root.Values.monitoring.nodeJob)
  "consumers" (join "|" $consumers)
  "appliers" (join "|" $appliers)) }}
{{- end }}
