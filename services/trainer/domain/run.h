// A training run: what was asked for, how far it is, and how it ended.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "trainer/domain/model_version.h"

namespace marquee::trainer {

// A run starts as kRunning and ends once, in one of the others.
// kSkipped: there was too little to train on, which is no fault.
enum class RunState { kRunning, kSucceeded, kFailed, kCancelled, kSkipped };
std::string_view Name(RunState state);  // "running", …
std::optional<RunState> ParseRunState(std::string_view name);
inline bool HasEnded(RunState state) { return state != RunState::kRunning; }

// The reason of the one error that ends a run as kSkipped.
inline constexpr char kNotEnoughRatings[] = "not_enough_ratings";
// As what a run ends that brought this error and that nobody has cancelled.
RunState EndedBy(const Error& error);

// In the order in which a run goes through them.
enum class Stage {
  kExport,
  kTrainRanking,
  kEvaluateRanking,
  kTrainRating,
  kEvaluateRating,
  kSave,
  kDone,
};
std::string_view Name(Stage stage);  // "export", "train_ranking", …
std::optional<Stage> ParseStage(std::string_view name);
// Of models for this task ("ranking"): "train_ranking", "evaluate_ranking".
Stage TrainingOf(std::string_view task);
Stage JudgingOf(std::string_view task);

// Progress of the whole run, 0 to 1, when `within` (0 to 1, clamped) of the stage is done. Never
// falls from one stage to the next.
double OverallProgress(Stage stage, double within);

// Of the ranking model; 0 means the service's default.
struct Hyperparameters {
  int factors = 0;
  int iterations = 0;
  double regularization = 0;
  double alpha = 0;
  std::int64_t seed = 0;

  friend bool operator==(const Hyperparameters&, const Hyperparameters&) = default;
};
// InvalidArgument that names the field under "hyperparameters".
Status Validate(const Hyperparameters& hyperparameters);

struct TrainingRun {
  std::int64_t run_id = 0;
  RunState state = RunState::kRunning;
  Stage stage = Stage::kExport;
  double progress = 0;
  Hyperparameters hyperparameters = {};  // as asked for; what they came out as once it trains
  bool force_promotion = false;
  std::int64_t rating_count = 0;
  std::int64_t started_by = 0;  // a user's id; 0: the schedule or a service
  Time started_at = {};
  std::optional<Time> ended_at = {};
  std::string error = {};  // why it didn't succeed: "reason: sentence"
  std::map<std::string, double> metrics = {};
  std::vector<ModelVersion> model_versions = {};  // as the registry has them; not stored here
};

// An error as a run keeps it.
std::string RunError(const Error& error);

}  // namespace marquee::trainer
