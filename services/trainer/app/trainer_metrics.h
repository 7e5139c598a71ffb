// What Prometheus sees of training. Thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "metrics/metrics.h"
#include "trainer/domain/model_version.h"
#include "trainer/domain/run.h"

namespace marquee::trainer {

class TrainerMetrics {
 public:
  explicit TrainerMetrics(metrics::Metrics& metrics);

  void RunStarted();
  void RunProgress(double progress);
  // Of the run here; `state` is nothing when it is somebody else's to end, who counts it.
  void RunEnded(std::optional<RunState> state, std::chrono::duration<double> took);
  void RunDied(std::chrono::duration<double> took);  // one of a process that is gone
  void LastEnds(std::optional<Time> success, std::optional<Time> failure);
  // The version that an alias names, its age and its figures.
  void AliasPoints(const std::string& alias, const ModelVersion& version);
  // Whether that version's artefact ("served" or "evaluation") is there, whole, and loads.
  void ArtefactUsable(const std::string& model, const std::string& alias,
                      const std::string& artefact, bool usable);
  void PendingAnnouncements(double count);

 private:
  metrics::Metrics& metrics_;
  metrics::Gauge active_;
  metrics::Gauge progress_;
  metrics::Gauge last_success_;
  metrics::Gauge last_failure_;
  metrics::Gauge pending_;
};

}  // namespace marquee::trainer
