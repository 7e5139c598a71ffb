#include "models/predictive.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace marquee::models {
namespace {

double OnScale(double stars) { return std::clamp<double>(stars, kLowestRating, kHighestRating); }

}  // namespace

size_t StarValueOf(float rating) {
  const float value = std::round((rating - kLowestRating) / kStarStep);
  return static_cast<size_t>(std::clamp(value, 0.0F, static_cast<float>(kStarValues - 1)));
}

StarDistribution RoundedNormal(double mean, double standard_deviation) {
  StarDistribution distribution;
  double below = 0;
  for (size_t value = 0; value + 1 < kStarValues; ++value) {
    const double edge = static_cast<double>(StarsOf(value) + kStarStep / 2);
    const double upto = std::erfc((mean - edge) / (standard_deviation * std::numbers::sqrt2)) / 2;
    distribution[value] = upto - below;
    below = upto;
  }
  distribution.back() = 1 - below;
  return distribution;
}

double Predictive::Lower(const Interval& interval) const {
  return OnScale(mean - interval.deviations * standard_deviation);
}

double Predictive::Upper(const Interval& interval) const {
  return OnScale(mean + interval.deviations * standard_deviation);
}

}  // namespace marquee::models
