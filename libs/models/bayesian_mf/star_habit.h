// Which of the ten values a person gives: many never give halves, or give 4 for whatever they like.
#pragma once

#include <span>

#include "base/result.h"
#include "models/matrix_view.h"
#include "models/predictive.h"
#include "models/rating_matrix.h"

namespace marquee::models::bayesian_mf {

// What holds for everybody.
struct StarHabits {
  double mean = 0;      // of all ratings
  double variance = 1;  // of all ratings, above 0
  StarDistribution
      shares;  // G: each value's share of all ratings, over what the people's own means
               // and variances make one expect of it
};

StarHabits Measure(const RatingMatrix& ratings);

// By how much more often than a rounded normal distribution says a person with this history gives
// each value: (c + κ·E·G) / ((n + κ)·E), with c their counts of values, n their sum and E what the
// normal distribution of their damped mean and variance expects.
class StarHabit {
 public:
  StarHabit(const StarHabits& everybody, std::span<const RatedItem> history);

  StarDistribution Apply(const StarDistribution& distribution) const;

 private:
  std::array<double, kStarValues> weights_;
};

}  // namespace marquee::models::bayesian_mf
