#include "registry/domain/quality_gate.h"

#include <cmath>

namespace marquee::registry {

Objective ObjectiveOf(const models::Task& task) {
  return {.metric = std::string(task.metric),
          .higher_is_better = task.higher_is_better,
          .baseline = std::string(task.baseline) + "." + std::string(task.metric)};
}

std::optional<double> FromRecord(const Objective& objective,
                                 const std::map<std::string, double>& recorded,
                                 const std::map<std::string, double>& today, bool same_data) {
  const auto metric = recorded.find(objective.metric);
  if (metric == recorded.end()) return std::nullopt;
  const auto then = recorded.find(objective.baseline);
  const auto now = today.find(objective.baseline);
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
  if (!(gain > 0 && gain >= input.min_improvement)) return {false, "does_not_beat_champion"};
  if (input.gain_lower && !(*input.gain_lower > 0)) return {false, "gain_within_noise"};
  return {true, "beats_champion"};
}

}  // namespace marquee::registry
