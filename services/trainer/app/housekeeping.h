// What a trainer does unasked: ends runs whose process has died, and starts runs by the schedule.
#pragma once

#include <chrono>

#include "base/periodic_task.h"
#include "logging/outage.h"
#include "trainer/app/trainer.h"

namespace marquee::trainer {

struct HousekeepingOptions {
  std::chrono::milliseconds interval{0};  // between the starts of runs; 0: no schedule
  std::chrono::milliseconds tick{5'000};  // how often dead runs and the schedule are looked at
};

class Housekeeping {
 public:
  // Starts a thread, whose first round is at once. `trainer` outlives it.
  Housekeeping(Trainer& trainer, HousekeepingOptions options);
  void Stop() { task_.Stop(); }  // idempotent

 private:
  void Step();
  Status Round();

  Trainer& trainer_;
  HousekeepingOptions options_;
  logging::Outage outage_{"housekeeping failed"};  // the database may be away for long
  PeriodicTask task_;                              // last: it uses the others
};

}  // namespace marquee::trainer
