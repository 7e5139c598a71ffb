#include "trainer/domain/run.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace marquee::trainer {
namespace {

constexpr std::array kStates = {RunState::kRunning, RunState::kSucceeded, RunState::kFailed,
                                RunState::kCancelled, RunState::kSkipped};
constexpr std::array kStages = {
    Stage::kExport,      Stage::kTrainRanking,   Stage::kEvaluateRanking,
    Stage::kTrainRating, Stage::kEvaluateRating, Stage::kSave,
    Stage::kDone};
// Where each stage begins; about the share of the time that it takes on 20 million ratings.
constexpr std::array kBegins = {0.0, 0.20, 0.70, 0.80, 0.90, 0.95, 1.0};

template <typename Values>
auto Parse(const Values& values, std::string_view name) {
  const auto it =
      std::find_if(values.begin(), values.end(), [&](auto value) { return Name(value) == name; });
  using Value = typename Values::value_type;
  return it == values.end() ? std::optional<Value>{} : std::optional<Value>{*it};
}

Error OutOfRange(const std::string& field, const std::string& range) {
  return Error::InvalidArgument("hyperparameter_out_of_range", field + " must be " + range + ".",
                                "hyperparameters." + field);
}

}  // namespace

std::string_view Name(RunState state) {
  switch (state) {
    case RunState::kRunning: return "running";
    case RunState::kSucceeded: return "succeeded";
    case RunState::kFailed: return "failed";
    case RunState::kCancelled: return "cancelled";
    case RunState::kSkipped: return "skipped";
  }
  return "";
}

std::optional<RunState> ParseRunState(std::string_view name) { return Parse(kStates, name); }

RunState EndedBy(const Error& error) {
  return error.reason == kNotEnoughRatings ? RunState::kSkipped : RunState::kFailed;
}

std::string_view Name(Stage stage) {
  switch (stage) {
    case Stage::kExport: return "export";
    case Stage::kTrainRanking: return "train_ranking";
    case Stage::kEvaluateRanking: return "evaluate_ranking";
    case Stage::kTrainRating: return "train_rating";
    case Stage::kEvaluateRating: return "evaluate_rating";
    case Stage::kSave: return "save";
    case Stage::kDone: return "done";
  }
  return "";
}

std::optional<Stage> ParseStage(std::string_view name) { return Parse(kStages, name); }

Stage TrainingOf(std::string_view task) {
  return ParseStage("train_" + std::string(task)).value_or(Stage::kTrainRanking);
}

Stage JudgingOf(std::string_view task) {
  return ParseStage("evaluate_" + std::string(task)).value_or(Stage::kEvaluateRanking);
}

double OverallProgress(Stage stage, double within) {
  const auto index = static_cast<std::size_t>(stage);
  const double begin = kBegins[index];
  const double end = index + 1 < kBegins.size() ? kBegins[index + 1] : 1.0;
  return begin + (end - begin) * (std::isfinite(within) ? std::clamp(within, 0.0, 1.0) : 0.0);
}

Status Validate(const Hyperparameters& h) {
  if (h.factors < 0 || h.factors > 512) return OutOfRange("factors", "0 (the default) to 512");
  if (h.iterations < 0 || h.iterations > 200)
    return OutOfRange("iterations", "0 (the default) to 200");
  if (!(h.regularization >= 0 && h.regularization <= 100'000))
    return OutOfRange("regularization", "0 (the default) to 100000");
  if (!(h.alpha >= 0 && h.alpha <= 100'000))
    return OutOfRange("alpha", "0 (the default) to 100000");
  return {};
}

std::string RunError(const Error& error) {
  return (error.reason.empty() ? std::string(Name(error.code)) : error.reason) + ": " +
         error.message;
}

}  // namespace marquee::trainer
