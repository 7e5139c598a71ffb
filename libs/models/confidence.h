// How stars become an observation of implicit feedback.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "models/algorithm.h"
#include "models/rating_matrix.h"

namespace marquee::models {

// One movie of a history: dense item index and observation value v. One that isn't above 0
// counts for nothing. An item should occur once.
struct Observation {
  int32_t item = 0;
  float value = 1;
};

// v = max(floor, 1 + slope·(rating − 3)). A movie that was loved says more than one that was
// endured; slope 0 counts every rated movie alike.
struct ConfidenceRule {
  float slope = 0.2F;
  float floor = 0.1F;
  float Value(float rating) const {
    const float value = 1 + slope * (rating - 3);
    return value > floor ? value : floor;
  }
  // As an algorithm keeps it under its prefix: "ials.confidence_slope", "ials.confidence_floor".
  static Result<ConfidenceRule> From(const Parameters& parameters, const std::string& prefix);
  void AddTo(Parameters& parameters, const std::string& prefix) const;

  std::vector<Observation> Observe(std::span<const RatedItem> history) const;
  RatingMatrix Observe(const RatingMatrix& ratings) const;
};

}  // namespace marquee::models
