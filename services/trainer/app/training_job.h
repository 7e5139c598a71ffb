// One run from the export to the versions that it offers the registry. Knows nothing of how runs
// are started, stopped or stored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "trainer/app/artefact_folder.h"
#include "trainer/app/run_monitor.h"
#include "trainer/app/trained_model.h"
#include "trainer/domain/ports.h"
#include "trainer/domain/quality_gate.h"
#include "trainer/domain/run.h"

namespace marquee::trainer {

struct JobSettings {
  TrainingSettings training = {};
  // Fewer than this and the run is skipped with "not_enough_ratings".
  std::int64_t min_ratings = 200;
  int min_users = 10;
  int min_movies = 10;
  std::string code_version = {};
  double min_improvement = 0;  // of the quality gate's metric, for a promotion
};

class TrainingJob {
 public:
  // All outlive the job.
  TrainingJob(RatingsSource& ratings, ModelRegistry& registry, const ArtefactFolder& folder,
              JobSettings settings, const Clock& clock)
      : ratings_(ratings),
        registry_(registry),
        folder_(folder),
        settings_(std::move(settings)),
        clock_(clock) {}

  // Trains and saves; registers nothing. `outcome` is filled in as things become known, so that a
  // run which fails late tells what it knew. The monitor's reason when it was cancelled.
  Result<std::vector<NewVersion>> Run(const TrainingRun& run, RunMonitor& monitor,
                                      RunOutcome& outcome);

 private:
  struct Data;
  struct Champion;
  Result<Data> Export(RunMonitor& monitor, RunOutcome& outcome);
  Result<Champion> FindChampion(const std::string& model);
  // The champion's metric as far as it is known: judged anew, or from its record.
  static std::optional<double> MetricOf(const Champion& champion, const Objective& objective,
                                        const TrainedModel& candidate, const Data& data);
  Status CheckSaved(const TrainingRun& run, const NewVersion& version) const;
  Result<NewVersion> Save(const TrainingRun& run, const models::Task& task,
                          const TrainedModel& model, const Champion& champion, const Data& data,
                          std::int64_t seed);

  RatingsSource& ratings_;
  ModelRegistry& registry_;
  const ArtefactFolder& folder_;
  JobSettings settings_;
  const Clock& clock_;
};

}  // namespace marquee::trainer
