// What a rating model believes of a rating, beyond its mean.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "models/matrix_view.h"

namespace marquee::models {

inline constexpr size_t kStarValues = 10;  // 0.5, 1, … 5
inline constexpr float kStarStep = 0.5F;

constexpr float StarsOf(size_t value) {
  return kLowestRating + kStarStep * static_cast<float>(value);
}
// The nearest of the values.
size_t StarValueOf(float rating);

using StarDistribution = std::array<double, kStarValues>;  // sums to 1

// A normal distribution's probability of each value, when it is rounded to values.
StarDistribution RoundedNormal(double mean, double standard_deviation);

// How many standard deviations on either side hold so much of a normal distribution.
struct Interval {
  double share;
  double deviations;
};
inline constexpr Interval kHalf{0.5, 0.6744897501960817};
inline constexpr Interval kEighty{0.8, 1.2815515655446004};
inline constexpr Interval kNinety{0.9, 1.6448536269514722};
inline constexpr std::array<Interval, 3> kIntervals = {kHalf, kEighty, kNinety};

struct Predictive {
  double mean = 0;  // not clamped to the scale
  double standard_deviation = 0;
  // Of the value given: it may know more of the person than mean and deviation say.
  StarDistribution distribution{};

  // On the scale of stars.
  double Lower(const Interval& interval) const;
  double Upper(const Interval& interval) const;
};

}  // namespace marquee::models
