// What a registry does unasked: drops artefacts that have had their day and those whose
// registration was cut short, looks whether those in use are still there, and keeps the gauges.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>

#include "base/periodic_task.h"
#include "logging/outage.h"
#include "registry/app/registry.h"
#include "registry/app/registry_metrics.h"

namespace marquee::registry {

struct HousekeepingOptions {
  std::chrono::milliseconds tick{5'000};  // how often the artefacts in use are looked at
  int keep_artefacts = 10;                // of each model, beside those that an alias names
  // A registration takes no longer; what no version owns by then is swept.
  std::chrono::milliseconds registration{3'600'000};
};

class Housekeeping {
 public:
  // Starts a thread, whose first round is at once. All outlive it.
  Housekeeping(Registry& registry, RegistryMetrics& metrics, HousekeepingOptions options);
  void Stop() { task_.Stop(); }  // idempotent

 private:
  void Step();
  Status Round();
  void LookAt(const std::string& alias, const ModelVersion& version, const CallContext& call);

  Registry& registry_;
  RegistryMetrics& metrics_;
  HousekeepingOptions options_;
  std::chrono::steady_clock::time_point next_sweep_ = {};
  std::map<std::string, std::int64_t> newest_;  // candidates at the last clean-up, by model
  std::set<std::string> unusable_;  // "ranking champion served", as last told to the log
  logging::Outage outage_{"housekeeping failed"};  // the database may be away for long
  PeriodicTask task_;                              // last: it uses the others
};

}  // namespace marquee::registry
