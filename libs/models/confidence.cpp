#include "models/confidence.h"

namespace marquee::models {

Result<ConfidenceRule> ConfidenceRule::From(const Parameters& parameters,
                                            const std::string& prefix) {
  ConfidenceRule rule;
  ASSIGN_OR_RETURN(rule.slope, parameters.Number(prefix + ".confidence_slope"));
  ASSIGN_OR_RETURN(rule.floor, parameters.Number(prefix + ".confidence_floor"));
  return rule;
}

void ConfidenceRule::AddTo(Parameters& parameters, const std::string& prefix) const {
  parameters.numbers[prefix + ".confidence_slope"] = slope;
  parameters.numbers[prefix + ".confidence_floor"] = floor;
}

std::vector<Observation> ConfidenceRule::Observe(std::span<const RatedItem> history) const {
  std::vector<Observation> observations;
  observations.reserve(history.size());
  for (const RatedItem& rated : history) observations.push_back({rated.item, Value(rated.rating)});
  return observations;
}

RatingMatrix ConfidenceRule::Observe(const RatingMatrix& ratings) const {
  SparseRows rows = ratings.by_user();
  for (float& value : rows.values) value = Value(value);
  return RatingMatrix::FromRows(ratings.user_ids(), ratings.item_ids(), std::move(rows));
}

}  // namespace marquee::models
