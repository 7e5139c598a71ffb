#include "trainer/domain/quality_gate.h"

#include <cmath>

#include "trainer/domain/model_version.h"

namespace marquee::trainer {

Objective ObjectiveOf(std::string_view model) {
  if (model == kRating)
    return {.metric = "rmse", .higher_is_better = false, .baseline = "bias.rmse"};
  return {.metric = "ndcg_at_100", .higher_is_better = true, .baseline = "popularity.ndcg_at_100"};
}

std::optional<double> FromRecord(const Objective& objective,
                                 const std::map<std::string, double>& recorded,
                                 const std::map<std::string, double>& today, bool same_data) {
  const auto metric = recorded.find(std::string(objective.metric));
  if (metric == recorded.end()) return std::nullopt;
  const auto then = recorded.find(std::string(objective.baseline));
  const auto now = today.find(std::string(objective.baseline));
  const bool comparable =
      then != recorded.end() && now != today.end() && then->second > 0 && now->second > 0;
  if (same_data || !comparable) return metric->second;
  return metric->second * now->second / then->second;
}

GateDecision Decide(const Objective& objective, const GateInput& input) {
  if (!std::isfinite(input.candidate)) return {false, "metric_not_finite"};
  if (input.force) return {true, "forced"};
  if (!input.champion_exists) return {true, "first_version"};
  if (!input.champion_servable) return {true, "champion_not_servable"};
  if (!input.champion || !std::isfinite(*input.champion)) return {false, "champion_not_comparable"};
  const double gain = objective.higher_is_better ? input.candidate - *input.champion
                                                 : *input.champion - input.candidate;
  const bool beats = gain > 0 && gain >= input.min_improvement;
  return {beats, beats ? "beats_champion" : "does_not_beat_champion"};
}

}  // namespace marquee::trainer
