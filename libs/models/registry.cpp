#include "models/registry.h"

#include <algorithm>
#include <array>

#include "models/blend/blend.h"
#include "models/item_scale.h"
#include "models/sentiment/classifier.h"

namespace marquee::models {

#define MARQUEE_ALGORITHM(name, folder, task) \
  namespace folder {                          \
  models::Load Load;                          \
  }
#include "models/algorithms.def"

namespace {

struct Algorithm {
  std::string_view name;
  std::string_view task;
  Load* load;
};

constexpr Algorithm kAlgorithms[] = {
#define MARQUEE_ALGORITHM(name, folder, task) {name, task, folder::Load},
#include "models/algorithms.def"
};

Result<const Algorithm*> Find(std::string_view name) {
  for (const Algorithm& algorithm : kAlgorithms) {
    if (algorithm.name == name) return &algorithm;
  }
  std::string known;
  for (const auto one : Algorithms()) known += (known.empty() ? "" : ", ") + std::string(one);
  return Error::InvalidArgument("unknown_algorithm",
                                "There is no algorithm '" + std::string(name) +
                                    "': it must be auto, one of " + known +
                                    ", or several joined by +.",
                                "algorithm");
}

constexpr std::array<std::string_view, 2> kRankingAlgorithms = {"ials+ease", "ials"};
constexpr std::array<std::string_view, 2> kRatingAlgorithms = {"bayesian_mf", "biased_als"};
constexpr std::array<std::string_view, 1> kSentimentAlgorithms = {sentiment::kAlgorithm};

}  // namespace

std::span<const Task> Tasks() {
  static const std::array<Task, 3> tasks = {Task{.name = kRanking,
                                                 .algorithms = kRankingAlgorithms,
                                                 .metric = "ndcg_at_100",
                                                 .higher_is_better = true,
                                                 .baseline = "popularity",
                                                 .baseline_algorithm = "popularity",
                                                 .baseline_options = {}},
                                            Task{.name = kRating,
                                                 .algorithms = kRatingAlgorithms,
                                                 .metric = "rmse",
                                                 .higher_is_better = false,
                                                 .baseline = "bias",
                                                 .baseline_algorithm = "biased_als",
                                                 .baseline_options = {{"biased_als.factors", 0}}},
                                            Task{.name = kSentiment,
                                                 .algorithms = kSentimentAlgorithms,
                                                 .metric = "accuracy",
                                                 .higher_is_better = true,
                                                 .baseline = "majority",
                                                 .baseline_algorithm = {},
                                                 .baseline_options = {}}};
  return tasks;
}

std::span<const Task> TasksOfRatings() { return Tasks().first(2); }

const Task* FindTask(std::string_view name) {
  const auto tasks = Tasks();
  const auto found =
      std::find_if(tasks.begin(), tasks.end(), [&](const Task& task) { return task.name == name; });
  return found == tasks.end() ? nullptr : &*found;
}

std::vector<std::string_view> Algorithms() {
  std::vector<std::string_view> names;
  for (const Algorithm& algorithm : kAlgorithms) names.push_back(algorithm.name);
  return names;
}

std::vector<std::string_view> Parts(std::string_view algorithm) {
  std::vector<std::string_view> parts;
  for (size_t at = 0; at <= algorithm.size();) {
    const size_t end = std::min(algorithm.find('+', at), algorithm.size());
    parts.push_back(algorithm.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

Result<std::string_view> TaskOf(std::string_view algorithm) {
  const auto parts = Parts(algorithm);
  ASSIGN_OR_RETURN(const Algorithm* first, Find(parts.front()));
  for (size_t at = 1; at < parts.size(); ++at) {
    ASSIGN_OR_RETURN(const Algorithm* part, Find(parts[at]));
    if (part->task != first->task || std::count(parts.begin(), parts.end(), parts[at]) > 1) {
      return Error::InvalidArgument("unknown_algorithm",
                                    "A blend is of different algorithms for the same task.",
                                    "algorithm");
    }
  }
  return first->task;
}

Result<std::shared_ptr<const Scorer>> LoadScorer(std::string_view algorithm,
                                                 const Parameters& parameters, int32_t items) {
  RETURN_IF_ERROR(TaskOf(algorithm));
  const auto parts = Parts(algorithm);
  if (parts.size() == 1) {
    ASSIGN_OR_RETURN(auto scorer, (*Find(algorithm))->load(parameters, items));
    return WithItemScale(std::move(scorer), parameters, items);
  }
  std::vector<blend::Part> loaded;
  for (const std::string_view part : parts) {
    ASSIGN_OR_RETURN(const float weight, parameters.Number(std::string(part) + ".weight"));
    ASSIGN_OR_RETURN(auto scorer, (*Find(part))->load(parameters, items));
    loaded.push_back({std::move(scorer), weight});
  }
  return WithItemScale(blend::Make(std::move(loaded)), parameters, items);
}

}  // namespace marquee::models
