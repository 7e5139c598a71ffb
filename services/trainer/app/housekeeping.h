// What a trainer does unasked: ends runs whose process has died, starts runs by the schedule, drops
// artefacts that have had their day, looks whether those in use are still there, and keeps the
// gauges of the registry.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <thread>

#include "trainer/app/registry.h"
#include "trainer/app/trainer.h"

namespace marquee::trainer {

struct HousekeepingSettings {
  std::chrono::milliseconds interval{0};  // between the starts of runs; 0: no schedule
  std::chrono::milliseconds tick{5'000};  // how often dead runs and the schedule are looked at
  int keep_artefacts = 10;                // of each model, beside those that an alias names
};

class Housekeeping {
 public:
  // Starts a thread, whose first round is at once. All outlive it.
  Housekeeping(Trainer& trainer, Registry& registry, TrainerMetrics& metrics,
               HousekeepingSettings settings);
  ~Housekeeping();  // as Stop()
  void Stop();      // Idempotent

 private:
  void Run(const std::stop_token& stop);
  Status Round();
  void LookAt(const std::string& alias, const ModelVersion& version);

  Trainer& trainer_;
  Registry& registry_;
  TrainerMetrics& metrics_;
  HousekeepingSettings settings_;
  bool swept_ = false;
  std::int64_t newest_ =
      0;  // version of the first task's model that was there at the last clean-up
  std::set<std::string> unusable_;  // "ranking champion served", as last told to the log
  std::jthread thread_;
};

}  // namespace marquee::trainer
