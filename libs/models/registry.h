// Algorithms and tasks by name.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "models/algorithm.h"

namespace marquee::models {

// Options by name, each under its algorithm's prefix: "ials.factors".
using OptionValues = std::map<std::string, double, std::less<>>;

// What a model is for. A model in the trainer's registry has its task's name.
struct Task {
  std::string_view name;
  // What "auto" stands for: the first of these that the data allow.
  std::span<const std::string_view> algorithms;
  // By what the gate judges it.
  std::string_view metric;
  bool higher_is_better = true;
  // What needs little or no training, for comparison: what it is called in metrics
  // ("popularity.ndcg_at_100"), and how it is fitted.
  std::string_view baseline;
  std::string_view baseline_algorithm;
  OptionValues baseline_options;
};

inline constexpr std::string_view kRanking = "ranking";  // orders movies
inline constexpr std::string_view kRating = "rating";    // predicts stars
// Judges texts: models/sentiment, which isn't behind the seam of algorithm.h.
inline constexpr std::string_view kSentiment = "sentiment";

std::span<const Task> Tasks();           // of every model that there is
std::span<const Task> TasksOfRatings();  // those that are learned from ratings: without the last
const Task* FindTask(std::string_view name);  // nullptr: there is none

std::vector<std::string_view> Algorithms();  // the names in algorithms.def

// An algorithm's name is one of Algorithms(), or several joined by "+", which is their blend.
// InvalidArgument "unknown_algorithm", field "algorithm", also for a blend across tasks.
Result<std::string_view> TaskOf(std::string_view algorithm);
std::vector<std::string_view> Parts(std::string_view algorithm);

// Makes the scorer of a fit. InvalidArgument "unknown_algorithm", "model_unfit".
Result<std::shared_ptr<const Scorer>> LoadScorer(std::string_view algorithm,
                                                 const Parameters& parameters, int32_t items);

}  // namespace marquee::models
