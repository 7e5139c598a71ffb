#include "catalog/domain/trend.h"

#include <algorithm>
#include <cmath>

namespace marquee::catalog {
namespace {

// Rounding adds about 1e-16 of the greater part to each difference: a rest above this share of it
// keeps twelve digits.
constexpr double kLeastRest = 1e-3;

}  // namespace

void Trend::Add(Trend other) {
  if (other.empty()) return;
  const double most = std::max(log2_, other.log2_);
  const double least = std::min(log2_, other.log2_);
  log2_ = most + std::log2(1 + std::exp2(least - most));
}

double Trend::ScoreAt(Time now) const {
  const auto us =
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  const double score = std::exp2(log2_ - Of(us).log2_);
  return std::min(score, std::numeric_limits<double>::max());
}

std::optional<Trend> Merge(Trend current, Trend added, Trend removed) {
  const double reference = std::max(current.log2(), added.log2());
  if (reference == -std::numeric_limits<double>::infinity()) {
    if (removed.empty()) return Trend{};
    return std::nullopt;
  }
  const double rest =
      (std::exp2(current.log2() - reference) - std::exp2(removed.log2() - reference)) +
      std::exp2(added.log2() - reference);
  if (!(rest > kLeastRest)) return std::nullopt;
  return Trend(reference + std::log2(rest));
}

}  // namespace marquee::catalog
