#include "trainer/app/trainer_metrics.h"

namespace marquee::trainer {
namespace {

const std::vector<double> kRunBuckets = {1, 3, 10, 30, 60, 120, 300, 600, 1'800, 3'600, 10'800};

double Seconds(Time time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

metrics::Histogram RunDuration(metrics::Metrics& metrics, RunState state) {
  return metrics.AddHistogram("marquee_trainer_run_duration_seconds", "How long runs took",
                              {{"result", std::string(Name(state))}}, kRunBuckets);
}

}  // namespace

TrainerMetrics::TrainerMetrics(metrics::Metrics& metrics)
    : metrics_(metrics),
      active_(metrics.AddGauge("marquee_trainer_run_active", "1 while a run is going on here")),
      progress_(metrics.AddGauge("marquee_trainer_run_progress_ratio",
                                 "Progress of the run going on here, 0 to 1")),
      last_success_(metrics.AddGauge("marquee_trainer_last_success_timestamp_seconds",
                                     "When a run last succeeded; 0 for never")),
      last_failure_(metrics.AddGauge("marquee_trainer_last_failure_timestamp_seconds",
                                     "When a run last failed, or was found killed; 0 for never")) {
  // From 0 on: the first failure is an increase, too.
  for (const auto state :
       {RunState::kSucceeded, RunState::kFailed, RunState::kCancelled, RunState::kSkipped}) {
    RunDuration(metrics, state);
  }
}

void TrainerMetrics::RunStarted() {
  active_.Set(1);
  progress_.Set(0);
}

void TrainerMetrics::RunProgress(double progress) { progress_.Set(progress); }

void TrainerMetrics::RunEnded(std::optional<RunState> state, std::chrono::duration<double> took) {
  active_.Set(0);
  progress_.Set(0);
  if (state) RunDuration(metrics_, *state).Observe(took.count());
}

void TrainerMetrics::RunDied(std::chrono::duration<double> took) {
  RunDuration(metrics_, RunState::kFailed).Observe(took.count());
}

void TrainerMetrics::LastEnds(std::optional<Time> success, std::optional<Time> failure) {
  if (success) last_success_.Set(Seconds(*success));
  if (failure) last_failure_.Set(Seconds(*failure));
}

}  // namespace marquee::trainer
