#include "models/bayesian_mf/convergence.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "models/bayesian_mf/sampler.h"
#include "models/matrix_view.h"

namespace marquee::models::bayesian_mf {

RatingSplit HoldOut(const RatingMatrix& ratings, double share, int64_t most, uint64_t seed) {
  constexpr double kLeast = 50;        // fewer say nothing
  constexpr double kMostOfAll = 0.05;  // more would be missed
  const auto all = static_cast<double>(ratings.nonzeros());
  const double count = std::min(std::max(kLeast, share * all), static_cast<double>(most));
  RatingSplit split;
  if (share <= 0 || count > kMostOfAll * all) {
    split.train = ratings;
    return split;
  }
  const SparseRows& rows = ratings.by_user();
  std::vector<uint8_t> keep(rows.columns.size(), 1);
  Sampler sampler(seed, 0, Site::kHeldOut);
  for (int32_t user = 0; user < rows.rows(); ++user) {
    for (auto i = static_cast<size_t>(rows.offsets[static_cast<size_t>(user)]);
         i < static_cast<size_t>(rows.offsets[static_cast<size_t>(user) + 1]); ++i) {
      if (sampler.Uniform() * all >= count) continue;
      keep[i] = 0;
      split.held_out.push_back({user, rows.columns[i], rows.values[i]});
    }
  }
  split.train = ratings.Select(keep);
  return split;
}

Judge::Judge(std::span<const HeldOutRating> held_out, int window)
    : held_out_(held_out),
      window_(static_cast<size_t>(window)),
      sums_(held_out.size(), 0),
      best_(std::numeric_limits<double>::max()) {}

double Judge::Add(std::vector<float> predictions) {
  for (size_t i = 0; i < sums_.size(); ++i) sums_[i] += static_cast<double>(predictions[i]);
  ++count_;
  if (window_ > 0) {
    recent_.push_back(std::move(predictions));
    if (count_ > window_) {
      for (size_t i = 0; i < sums_.size(); ++i) sums_[i] -= static_cast<double>(recent_.front()[i]);
      recent_.pop_front();
      --count_;
    }
  }
  if (sums_.empty()) return 0;
  double squares = 0;
  for (size_t i = 0; i < sums_.size(); ++i) {
    const double mean =
        std::clamp<double>(sums_[i] / static_cast<double>(count_), kLowestRating, kHighestRating);
    squares += std::pow(mean - static_cast<double>(held_out_[i].rating), 2);
  }
  return std::sqrt(squares / static_cast<double>(sums_.size()));
}

bool Judge::Settled(double rmse) {
  constexpr double kBetter = 0.999;
  if (rmse < kBetter * best_) {
    best_ = rmse;
    stale_ = 0;
  } else {
    ++stale_;
  }
  return stale_ >= 2;
}

}  // namespace marquee::models::bayesian_mf
