// How stars become an observation of implicit feedback.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/algorithm.h"
#include "models/rating_matrix.h"

namespace marquee::models {

// One movie of a history: its dense item index, how much it counts (one that isn't above 0 counts
// for nothing), and what it says: 1 that more of its kind are wanted, below 0 that fewer are. An
// item should occur once.
struct Observation {
  int32_t item = 0;
  float value = 1;
  float target = 1;

  // For models that are linear in the history.
  float weight() const { return value * target; }
};

// What a rating counts for beside the person's own level: their mean, shrunk towards everyone's.
struct StarLevel {
  float mean = 3.5F;   // of all ratings
  float damping = 5;   // how many ratings `mean` weighs as
  float aversion = 0;  // how much a star below `kTolerated` pushes away

  // Less than this below their level nobody means to complain: what somebody has watched says what
  // they watch, though it was no more than fair.
  static constexpr float kTolerated = 1;

  float Of(std::span<const RatedItem> history) const;
  // Not above what `rating` would weigh if it were higher, whatever the rest of the history is.
  float Weight(float slope, float rating, float level) const;
};

// Without a level, as models of before were made: v = max(floor, 1 + slope·(rating − 3)), target 1.
// With one, the rating's distance d to the person's level counts. For a fit v = max(floor, 1 +
// slope·d). A history's observations have value 1, so that how the rated movies depend on each other
// doesn't depend on their stars, and the target 1 + slope·d − aversion·max(0, −d − 1), which falls
// below 0 for what was disliked.
struct ConfidenceRule {
  float slope = 0.2F;
  float floor = 0.1F;
  std::optional<StarLevel> level = {};

  // As an algorithm keeps it under its prefix: "ials.confidence_slope", "ials.confidence_floor";
  // "ials.level_mean", "ials.level_damping", "ials.level_aversion".
  static Result<ConfidenceRule> From(const Parameters& parameters, const std::string& prefix);
  void AddTo(Parameters& parameters, const std::string& prefix) const;

  std::vector<Observation> Observe(std::span<const RatedItem> history) const;
  RatingMatrix Observe(const RatingMatrix& ratings) const;

 private:
  float Value(float distance) const;
};

// The mean of all ratings; StarLevel's own where there is none.
float MeanRating(const RatingMatrix& ratings);

}  // namespace marquee::models
