#include "registry/app/registry_metrics.h"

#include <chrono>

namespace marquee::registry {

RegistryMetrics::RegistryMetrics(metrics::Metrics& metrics)
    : metrics_(metrics),
      pending_(metrics.AddGauge("marquee_registry_unannounced_promotions",
                                "Promotions stored and not yet on Kafka")) {}

void RegistryMetrics::AliasPoints(const std::string& alias, const ModelVersion& version) {
  const metrics::Labels labels = {{"model", version.model}, {"alias", alias}};
  metrics_.AddGauge("marquee_registry_model_version", "The version that an alias names", labels)
      .Set(static_cast<double>(version.version));
  metrics_
      .AddGauge("marquee_registry_model_created_timestamp_seconds",
                "When the version that an alias names was made", labels)
      .Set(std::chrono::duration<double>(version.created_at.time_since_epoch()).count());
  for (const auto& [name, value] : version.metrics) {
    auto named = labels;
    named["metric"] = name;
    metrics_
        .AddGauge("marquee_registry_model_quality",
                  "What the version that an alias names measured on held-out data", named)
        .Set(value);
  }
}

void RegistryMetrics::ArtefactUsable(const std::string& model, const std::string& alias,
                                     const std::string& artefact, bool usable) {
  metrics_
      .AddGauge("marquee_registry_artefact_usable",
                "1 while the artefact of the version that an alias names is there and whole; 0: it "
                "is lost or damaged",
                {{"model", model}, {"alias", alias}, {"artefact", artefact}})
      .Set(usable ? 1 : 0);
}

void RegistryMetrics::PendingAnnouncements(double count) { pending_.Set(count); }

}  // namespace marquee::registry
