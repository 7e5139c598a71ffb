// What Prometheus sees of the registry. Thread-safe.
#pragma once

#include <string>

#include "metrics/metrics.h"
#include "registry/domain/model_version.h"

namespace marquee::registry {

class RegistryMetrics {
 public:
  explicit RegistryMetrics(metrics::Metrics& metrics);

  // The version that an alias names, its age and its figures.
  void AliasPoints(const std::string& alias, const ModelVersion& version);
  // Whether that version's artefact ("served" or "evaluation") is there and whole.
  void ArtefactUsable(const std::string& model, const std::string& alias,
                      const std::string& artefact, bool usable);
  void PendingAnnouncements(double count);

 private:
  metrics::Metrics& metrics_;
  metrics::Gauge pending_;
};

}  // namespace marquee::registry
