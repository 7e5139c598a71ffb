#include "models/bayesian_mf/star_habit.h"

#include <algorithm>
#include <cmath>

namespace marquee::models::bayesian_mf {
namespace {

constexpr double kDamping = 5;    // ratings like everybody's that each person's are joined by
constexpr double kStrength = 20;  // κ: ratings that everybody's habit counts as
constexpr double kLeast = 0.02;   // a weight's bounds
constexpr double kMost = 20;
constexpr double kLeastExpected = 1e-9;  // against 0/0
constexpr double kLeastVariance = 1e-4;  // of somebody, or everybody, who gives one value alone

class Counts {
 public:
  void Add(float rating) {
    ++counts_[StarValueOf(rating)];
    ++n_;
    sum_ += static_cast<double>(rating);
    squares_ += std::pow(static_cast<double>(rating), 2);
  }
  double n() const { return n_; }
  double operator[](size_t value) const { return counts_[value]; }
  // By the person's damped mean and variance.
  StarDistribution Expected(double mean, double variance) const {
    const double own = (sum_ + kDamping * mean) / (n_ + kDamping);
    const double spread = squares_ - 2 * own * sum_ + n_ * own * own;
    const double damped = (std::max(0.0, spread) + kDamping * variance) / (n_ + kDamping);
    StarDistribution expected = RoundedNormal(own, std::sqrt(std::max(kLeastVariance, damped)));
    for (double& share : expected) share = std::max(kLeastExpected, share);
    return expected;
  }

 private:
  std::array<double, kStarValues> counts_{};
  double n_ = 0;
  double sum_ = 0;
  double squares_ = 0;
};

}  // namespace

StarHabits Measure(const RatingMatrix& ratings) {
  StarHabits habits{.shares = {}};
  const auto n = static_cast<double>(ratings.nonzeros());
  double sum = 0;
  double squares = 0;
  for (const float rating : ratings.by_user().values) {
    sum += static_cast<double>(rating);
    squares += std::pow(static_cast<double>(rating), 2);
  }
  habits.mean = sum / n;
  habits.variance = std::max(kLeastVariance, squares / n - habits.mean * habits.mean);
  std::array<double, kStarValues> given{};
  std::array<double, kStarValues> expected{};
  for (int32_t user = 0; user < ratings.users(); ++user) {
    Counts counts;
    for (const float rating : ratings.by_user().RowValues(user)) counts.Add(rating);
    const StarDistribution own = counts.Expected(habits.mean, habits.variance);
    for (size_t value = 0; value < kStarValues; ++value) {
      given[value] += counts[value];
      expected[value] += counts.n() * own[value];
    }
  }
  for (size_t value = 0; value < kStarValues; ++value)
    habits.shares[value] = std::min(kMost, given[value] / expected[value]);
  return habits;
}

StarHabit::StarHabit(const StarHabits& everybody, std::span<const RatedItem> history) {
  Counts counts;
  for (const RatedItem& rated : history) counts.Add(rated.rating);
  const StarDistribution expected = counts.Expected(everybody.mean, everybody.variance);
  for (size_t value = 0; value < kStarValues; ++value) {
    const double weight = (counts[value] + kStrength * expected[value] * everybody.shares[value]) /
                          ((counts.n() + kStrength) * expected[value]);
    weights_[value] = std::clamp(weight, kLeast, kMost);
  }
}

StarDistribution StarHabit::Apply(const StarDistribution& distribution) const {
  StarDistribution weighted;
  double sum = 0;
  for (size_t value = 0; value < kStarValues; ++value) {
    // Where the normal is so narrow that it leaves nothing elsewhere, it stays as it is.
    weighted[value] = std::max(kLeastExpected, distribution[value]) * weights_[value];
    sum += weighted[value];
  }
  for (double& share : weighted) share /= sum;
  return weighted;
}

}  // namespace marquee::models::bayesian_mf
