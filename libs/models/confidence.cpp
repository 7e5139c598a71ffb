#include "models/confidence.h"

#include <algorithm>
#include <numeric>

namespace marquee::models {
namespace {

constexpr float kNeutral = 3;  // stars, where a person's level isn't known

float Shrunk(const StarLevel& level, double sum, size_t ratings) {
  return static_cast<float>(
      (static_cast<double>(level.damping) * static_cast<double>(level.mean) + sum) /
      (static_cast<double>(level.damping) + static_cast<double>(ratings)));
}

}  // namespace

float StarLevel::Of(std::span<const RatedItem> history) const {
  double sum = 0;
  for (const RatedItem& rated : history) sum += static_cast<double>(rated.rating);
  return history.empty() ? mean : Shrunk(*this, sum, history.size());
}

float StarLevel::Weight(float slope, float rating, float level) const {
  const float distance = rating - level;
  return 1 + slope * distance - aversion * std::max(0.0F, -distance - kTolerated);
}

Result<ConfidenceRule> ConfidenceRule::From(const Parameters& parameters,
                                            const std::string& prefix) {
  ConfidenceRule rule;
  ASSIGN_OR_RETURN(rule.slope, parameters.Number(prefix + ".confidence_slope"));
  ASSIGN_OR_RETURN(rule.floor, parameters.Number(prefix + ".confidence_floor"));
  if (!parameters.numbers.contains(prefix + ".level_mean")) return rule;
  StarLevel level;
  ASSIGN_OR_RETURN(level.mean, parameters.Number(prefix + ".level_mean"));
  ASSIGN_OR_RETURN(level.damping, parameters.Number(prefix + ".level_damping"));
  ASSIGN_OR_RETURN(level.aversion, parameters.Number(prefix + ".level_aversion"));
  if (!(rule.slope >= 0) || !(level.damping > 0) || !(level.aversion >= 0))
    return Unfit("the level of '" + prefix +
                 "' can't be: slope and aversion are 0 or more, "
                 "damping is above 0");
  rule.level = level;
  return rule;
}

void ConfidenceRule::AddTo(Parameters& parameters, const std::string& prefix) const {
  parameters.numbers[prefix + ".confidence_slope"] = slope;
  parameters.numbers[prefix + ".confidence_floor"] = floor;
  if (!level) return;
  parameters.numbers[prefix + ".level_mean"] = level->mean;
  parameters.numbers[prefix + ".level_damping"] = level->damping;
  parameters.numbers[prefix + ".level_aversion"] = level->aversion;
}

float ConfidenceRule::Value(float distance) const {
  const float value = 1 + slope * distance;
  return value > floor ? value : floor;
}

std::vector<Observation> ConfidenceRule::Observe(std::span<const RatedItem> history) const {
  std::vector<Observation> observations;
  observations.reserve(history.size());
  const float own = level ? level->Of(history) : kNeutral;
  for (const auto& [item, rating] : history) {
    if (level)
      observations.push_back({item, 1, level->Weight(slope, rating, own)});
    else
      observations.push_back({item, Value(rating - own), 1});
  }
  return observations;
}

RatingMatrix ConfidenceRule::Observe(const RatingMatrix& ratings) const {
  SparseRows rows = ratings.by_user();
  for (int32_t user = 0; user < rows.rows(); ++user) {
    const auto given = ratings.by_user().RowValues(user);
    const float own =
        level ? Shrunk(*level, std::accumulate(given.begin(), given.end(), 0.0), given.size())
              : kNeutral;
    float* values = rows.values.data() + rows.offsets[static_cast<size_t>(user)];
    for (size_t i = 0; i < given.size(); ++i) values[i] = Value(given[i] - own);
  }
  return RatingMatrix::FromRows(ratings.user_ids(), ratings.item_ids(), std::move(rows));
}

float MeanRating(const RatingMatrix& ratings) {
  const auto& values = ratings.by_user().values;
  if (values.empty()) return StarLevel().mean;
  return static_cast<float>(std::accumulate(values.begin(), values.end(), 0.0) /
                            static_cast<double>(values.size()));
}

}  // namespace marquee::models
