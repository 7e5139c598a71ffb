// Trending: for each movie the number of its ratings, each counted 2^(−age / 7 days).
//
// Kept as one number that doesn't depend on "now": log2 of Σ 2^(t / 7 days), t since 1970 (forward
// decay, Cormode et al., "Forward Decay", ICDE 2009). As a logarithm it can neither overflow nor
// underflow, and sums merge in any order.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "base/clock.h"

namespace marquee::catalog {

inline constexpr double kTrendHalfLifeMicroseconds = 7.0 * 24 * 3600 * 1e6;

class Trend {
 public:
  Trend() = default;  // of no ratings
  explicit Trend(double log2) : log2_(log2) {}
  static Trend Of(std::int64_t rated_at_us) {  // of one rating
    return Trend(static_cast<double>(rated_at_us) / kTrendHalfLifeMicroseconds);
  }

  void Add(Trend other);
  bool empty() const { return log2_ == -std::numeric_limits<double>::infinity(); }
  double log2() const { return log2_; }  // −∞ when empty
  double ScoreAt(Time now) const;        // the decayed count; finite and not negative

 private:
  double log2_ = -std::numeric_limits<double>::infinity();
};

// current + added − removed; nullopt when so little of it is left that only rounding errors would
// remain: the sum must be made anew from the ratings themselves.
std::optional<Trend> Merge(Trend current, Trend added, Trend removed);

}  // namespace marquee::catalog
