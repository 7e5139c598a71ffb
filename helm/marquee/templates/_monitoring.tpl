{{/* The alerts of deploy/alerts, for this release: dict "root" $ "rules" TEXT. They are written for the namespace and the
release "marquee" (or no release at all, as on one machine); their tests are, too. */}}
{{- define "marquee.rules" -}}
{{- $own := printf "namespace=%q, release=%q" .root.Release.Namespace .root.Release.Name }}
{{- .rules | replace `namespace="marquee", release=~"(marquee)?"` $own
  | replace `namespace="marquee"` (printf "namespace=%q" .root.Release.Namespace)
  | replace "marquee-(" (printf "%s-(" (include "marquee.fullname" .root))
  | replace `job=~"node|node-exporter"` (printf "job=~%q" .root.Values.monitoring.nodeJob) }}
{{- end }}
