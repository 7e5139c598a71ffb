// What is held out to judge models on. Seeded and deterministic; nobody's split depends on others.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/matrix_view.h"
#include "models/rating_matrix.h"

namespace marquee::models {

// ---- People ------------------------------------------------------------------------------------

// A user of whom a part is held out: what the model is told, and what it should then rank first (or
// how many stars it should say).
struct HeldOutUser {
  int32_t user = 0;  // row of the split matrix
  std::vector<RatedItem> given;
  std::vector<int32_t> relevant;  // ascending
  std::vector<float> stars;       // beside `relevant`: what the user rated it
};

inline constexpr float kLiked = 4;
inline constexpr float kDisliked = 2.5F;

// Of what is relevant: rated kLiked or better, and at or above the mean of what is given.
std::vector<int32_t> Liked(const HeldOutUser& user);
// Of what is relevant: rated kDisliked or less.
std::vector<int32_t> Disliked(const HeldOutUser& user);

// How many of n ≥ 2 movies are given: nearest to the fraction, at least one on either side.
size_t GivenOf(size_t n, double given_fraction);
// Of a row, the movies at the first `given` of `order`, which lists all positions, are given (in
// the row's order), the others are relevant.
HeldOutUser Divide(const SparseRows& by_user, int32_t user, std::vector<uint32_t> order,
                   size_t given);

struct UserSplit {
  RatingMatrix train;  // all ids of the matrix, without what is held out
  std::vector<HeldOutUser> held_out;
  std::vector<int32_t> among = {};  // what is ranked, ascending; empty: the whole catalogue
};

// Users are dealt into `folds` at random; those of fold `fold` are held out, with all their
// ratings: of each one's movies given_fraction at random are given (GivenOf) and the rest is
// relevant. Users with fewer than two movies are never held out.
// folds = 5 and fold = 0 … 4 is `evaluate --folds 5`; folds = 10 and fold = 0 a trainer's split.
UserSplit SplitUsers(const RatingMatrix& matrix, int folds, int fold, uint64_t seed,
                     double given_fraction = 0.8);
// The same users, but of each one's movies the earliest are given and the last are relevant; with a
// given_fraction of 1 the very last. `times`, of any unit, are beside the entries of by_user();
// which of several with the same time come first is chance.
UserSplit SplitUsersByTime(const RatingMatrix& matrix, std::span<const int64_t> times, int folds,
                           int fold, uint64_t seed, double given_fraction = 0.8);

// Movies are dealt into `folds` at random, and those of fold `fold` are hidden: nobody's rating of
// them is in `train`. Held out is everybody who rated both hidden movies (relevant) and others
// (given, and in `train`, too). Ranked is among the hidden ones.
UserSplit HideItems(const RatingMatrix& matrix, int folds, int fold, uint64_t seed);

// ---- Ratings -----------------------------------------------------------------------------------

struct HeldOutRating {
  int32_t user = 0;
  int32_t item = 0;
  float rating = 0;
};

struct RatingSplit {
  RatingMatrix train;
  std::vector<HeldOutRating> held_out;  // by user
  // What is known of people when they are asked for; none: what they have in `train`.
  std::optional<RatingMatrix> given = {};

  const RatingMatrix& known() const { return given ? *given : train; }
};

// Ratings are dealt into `folds` at random; those of fold `fold` are held out.
RatingSplit SplitRatings(const RatingMatrix& matrix, int folds, int fold, uint64_t seed);
// A split of `matrix` by people as one of ratings: what was relevant is to be predicted.
RatingSplit AsRatings(UserSplit split, const RatingMatrix& matrix);

}  // namespace marquee::models
