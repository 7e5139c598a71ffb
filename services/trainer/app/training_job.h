// One run from the export to the versions that the registry has taken. Knows nothing of how runs
// are started, stopped or stored.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "trainer/app/run_monitor.h"
#include "trainer/app/trained_model.h"
#include "trainer/app/workspace.h"
#include "trainer/domain/ports.h"
#include "trainer/domain/run.h"

namespace marquee::trainer {

struct JobOptions {
  TrainingOptions training = {};
  // Fewer than this and the run is skipped with "not_enough_ratings".
  std::int64_t min_ratings = 200;
  int min_users = 10;
  int min_movies = 10;
  std::string code_version = {};
  std::filesystem::path scratch = {};  // where models lie until the registry has them
  // For one model's way to the registry or from it.
  std::chrono::milliseconds transfer_timeout{600'000};
  // How long a registry that is away is waited for, with models that took hours to make.
  std::chrono::milliseconds registry_patience{600'000};
};

class TrainingJob {
 public:
  // All outlive the job.
  TrainingJob(RatingsSource& ratings, ContentSource& content, ModelRegistry& registry,
              JobOptions options, const Clock& clock)
      : ratings_(ratings),
        content_(content),
        registry_(registry),
        options_(std::move(options)),
        clock_(clock) {}

  // Trains and registers. `outcome` is filled in as things become known, so that a run which fails
  // late tells what it knew. The monitor's reason when it was cancelled: until the first version is
  // registered, not after.
  Status Run(const TrainingRun& run, RunMonitor& monitor, RunOutcome& outcome);

 private:
  // A run has no deadline; each of its calls has.
  CallContext NextCall() const {
    return CallContext(SystemClock().Now() + options_.transfer_timeout);
  }

  struct Data;
  struct Champion;
  Result<Data> Export(RunMonitor& monitor, RunOutcome& outcome);
  Result<Champion> FindChampion(const std::string& model, const Workspace& workspace);
  Result<NewVersion> Save(const TrainingRun& run, const models::Task& task,
                          const TrainedModel& model, const Champion& champion, const Data& data,
                          std::int64_t seed, const Workspace& workspace);
  Status Register(const NewVersion& version, const RunMonitor& monitor);

  RatingsSource& ratings_;
  ContentSource& content_;
  ModelRegistry& registry_;
  JobOptions options_;
  const Clock& clock_;
};

}  // namespace marquee::trainer
