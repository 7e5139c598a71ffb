// What Prometheus sees of training. Thread-safe.
#pragma once

#include <chrono>
#include <optional>

#include "base/clock.h"
#include "metrics/metrics.h"
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

 private:
  metrics::Metrics& metrics_;
  metrics::Gauge active_;
  metrics::Gauge progress_;
  metrics::Gauge last_success_;
  metrics::Gauge last_failure_;
};

}  // namespace marquee::trainer
