// Whether the chain has settled: by ratings that it hasn't seen.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "models/evaluation.h"
#include "models/rating_matrix.h"

namespace marquee::models::bayesian_mf {

// About `share` of the ratings at random, of at most `most`, held out; none where there are so few
// that they would say nothing or be missed.
RatingSplit HoldOut(const RatingMatrix& ratings, double share, int64_t most, uint64_t seed);

// Judges the mean of the sweeps' predictions.
class Judge {
 public:
  // window: how many of the last sweeps count; 0: all.
  Judge(std::span<const HeldOutRating> held_out, int window);

  // A sweep's predictions for the held-out ratings; the RMSE of the mean, 0 of nothing.
  double Add(std::vector<float> predictions);
  // Asked once a block: whether the RMSE was no better, by a thousandth, than the best before, twice
  // in a row.
  bool Settled(double rmse);

 private:
  std::span<const HeldOutRating> held_out_;
  size_t window_;
  std::vector<double> sums_;
  std::deque<std::vector<float>> recent_;  // that the sums are of; kept only for a window
  size_t count_ = 0;
  double best_;
  int stale_ = 0;
};

}  // namespace marquee::models::bayesian_mf
