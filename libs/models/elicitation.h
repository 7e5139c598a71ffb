// Which movie to ask a new person about next: the one whose answer is expected to tell the most
// about what else they would have rated (active learning; Rubens, Elahi, Sugiyama, Kaplan 2015).
//
// Whether somebody has rated each of the most rated movies is taken as jointly Gaussian, the model
// whose regressions are EASE's columns. What they have said conditions it: mean(j) is then the chance
// that they know movie j, and asking about it takes Σ_t cov(j, t)² / var(j) from the variance
// of all. A question is worth that, times the chance that it will be answered at all. That somebody
// doesn't know a movie is an answer, too.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "models/algorithm.h"
#include "models/rating_matrix.h"

namespace marquee::models {

struct Question {
  int32_t item = 0;
  double chance = 0;       // that they know it, 0 to 1
  double information = 0;  // the part of what isn't known yet that it would tell, 0 to 1
};

// Views the parameters; immutable; any number of threads.
class Elicitation {
 public:
  static constexpr int32_t kMovies = 500;  // as many are asked about at most
  static constexpr size_t kAnswers = 200;  // the first so many count

  // Adds "ranking.elicitation_items" [m] i32, "…_means" [m] f32 and "…_covariance" [m, m] f32 of the
  // m most rated movies to the parameters; nothing where fewer than two have ratings.
  static void Fit(const RatingMatrix& ratings, Parameters& parameters);

  // nullptr where the parameters have none of it. InvalidArgument "model_unfit".
  static Result<std::shared_ptr<const Elicitation>> Load(const Parameters& parameters,
                                                         int32_t items);

  // The best n questions to be asked together, best first, among what `filter` lets through and
  // nothing was said of. Items that it knows nothing of count for nothing.
  std::vector<Question> Next(std::span<const int32_t> rated, std::span<const int32_t> unknown,
                             int n, const ItemFilter& filter = {}) const;

 private:
  Elicitation() = default;

  std::span<const int32_t> items_;  // distinct; most rated first
  std::span<const float> means_;
  std::span<const float> covariance_;
  std::vector<std::pair<int32_t, int32_t>> places_;  // item → its index in items_; ascending
};

}  // namespace marquee::models
