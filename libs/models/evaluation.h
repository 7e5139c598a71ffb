// Offline evaluation: metrics and splits. Seeded and deterministic: the same input, seed
// and options give the same figures whatever the number of threads.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "models/matrix_view.h"
#include "models/predictive.h"
#include "models/ranker.h"
#include "models/rating_matrix.h"

namespace marquee::models {

// ---- Metrics -----------------------------------------------------------------------------------

// Means over users. For a user with n relevant (held-out) items and a ranked list:
//   Recall@K     hits in the first K / min(K, n)          (Liang et al. 2018, Steck 2019)
//   NDCG@K       Σ_hits 1/log2(rank + 1) / the same sum for min(K, n) hits at the top
//   Precision@K  hits in the first K / K
//   MAP@K        Σ_hits (hits so far / rank) / min(K, n)
//   coverage     fraction of the catalogue that is in at least one user's first 10
//   liked_…      the same where only what the user liked is relevant (Liked); of the users who
//                liked any of what is held out
//   disliked_at_20  share of the first 20 that is held out and was rated kDisliked or less
struct RankingMetrics {
  double recall_at_20 = 0;
  double recall_at_50 = 0;
  double ndcg_at_100 = 0;
  double precision_at_10 = 0;
  double map_at_10 = 0;
  double liked_ndcg_at_100 = 0;
  double liked_recall_at_20 = 0;
  double disliked_at_20 = 0;
  double coverage = 0;
  int64_t users = 0;
  int64_t liked_users = 0;
};

// Every metric of a user's list, for whoever lists, adds up or compares them (coverage is of all
// lists together).
struct RankingMetric {
  std::string_view name;  // as reports and model cards call it
  double RankingMetrics::*value;
  int64_t RankingMetrics::*users;  // over whom the mean is
  bool higher_is_better = true;
};
std::span<const RankingMetric> UserMetrics();

// Of the models that predict more than a mean.
struct PredictiveMetrics {
  std::array<double, kIntervals.size()> coverage{};  // share of the ratings within each interval
  std::array<double, kIntervals.size()> width{};     // its mean, in stars
  double log_loss = 0;                               // mean −ln P(the value given), of ten values
};

struct RatingMetrics {
  double rmse = 0;
  double mae = 0;
  int64_t ratings = 0;
  std::optional<PredictiveMetrics> predictive = {};
};

inline constexpr float kLiked = 4;
inline constexpr float kDisliked = 2.5F;

double RecallAt(std::span<const int32_t> ranked, std::span<const int32_t> relevant_sorted, int k);
double NdcgAt(std::span<const int32_t> ranked, std::span<const int32_t> relevant_sorted, int k);
double PrecisionAt(std::span<const int32_t> ranked, std::span<const int32_t> relevant_sorted,
                   int k);
double AveragePrecisionAt(std::span<const int32_t> ranked, std::span<const int32_t> relevant_sorted,
                          int k);

// ---- Ranking protocol --------------------------------------------------------------------------

// A user who took no part in training: what the model is told, and what it should then rank first.
struct HeldOutUser {
  int32_t user = 0;  // row of the split matrix
  std::vector<RatedItem> given;
  std::vector<int32_t> relevant;  // ascending
  std::vector<float> stars;       // beside `relevant`: what the user rated it
};

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
  RatingMatrix train;  // all ids of the matrix, without the held-out users' ratings
  std::vector<HeldOutUser> held_out;
};

// Users are dealt into `folds` at random; those of fold `fold` are held out: of each one's movies
// given_fraction at random are given (rounded to nearest, at least one movie on either side) and
// the rest is relevant. Users with fewer than two movies are never held out.
// folds = 5 and fold = 0 … 4 is `evaluate --folds 5`; folds = 10 and fold = 0 a trainer's split.
UserSplit SplitUsers(const RatingMatrix& matrix, int folds, int fold, uint64_t seed,
                     double given_fraction = 0.8);

// The n best items, best first, for what is given, among the whole catalogue without the given.
// Called from several threads.
using RankFunction =
    std::function<std::vector<ScoredItem>(std::span<const RatedItem> given, int n)>;

// Ranks 100 for each held-out user. `items` is the catalogue's size. threads 0: all cores.
RankingMetrics EvaluateRanking(std::span<const HeldOutUser> held_out, int32_t items,
                               const RankFunction& rank, int threads = 0);

// Ranks by this model among the movies that `matrix` has: it may know others.
RankFunction RankBy(std::shared_ptr<const Ranker> ranker, const RatingMatrix& matrix);

// ---- Rating protocol ---------------------------------------------------------------------------

struct HeldOutRating {
  int32_t user = 0;
  int32_t item = 0;
  float rating = 0;
};

struct RatingSplit {
  RatingMatrix train;
  std::vector<HeldOutRating> held_out;
};

// Ratings are dealt into `folds` at random; those of fold `fold` are held out.
RatingSplit SplitRatings(const RatingMatrix& matrix, int folds, int fold, uint64_t seed);

struct PredictedRating {
  float stars = 0;
  std::optional<Predictive> predictive = {};
};
using PredictFunction = std::function<PredictedRating(int32_t user, int32_t item)>;
// The predictive metrics are of models that have them for every rating.
RatingMetrics EvaluateRatings(std::span<const HeldOutRating> held_out,
                              const PredictFunction& predict);

// Predicts by this model as the recommender does: by fold-in of what `train`, which it views, has
// of a user. Quick when asked user by user; not for several threads.
PredictFunction PredictBy(std::shared_ptr<const Ranker> ranker, const RatingMatrix& train);

// ---- Folds -------------------------------------------------------------------------------------

struct RankingReport {
  std::vector<RankingMetrics> folds;
  RankingMetrics mean;        // over all held-out users (coverage: mean of the folds)
  RankingMetrics popularity;  // the same for the baseline
  double ndcg_ratio = 0;      // mean.ndcg_at_100 / popularity.ndcg_at_100
};

struct RatingReport {
  std::vector<RatingMetrics> folds;
  RatingMetrics mean;      // over all held-out ratings
  RatingMetrics baseline;  // the bias baseline
};

// Fits on a fold's train matrix.
using FitFunction = std::function<Result<std::shared_ptr<const Ranker>>(const RatingMatrix& train)>;
// After each fold (from 1); false cancels.
using FoldProgress = std::function<bool(int fold, int folds)>;

// FailedPrecondition "nobody_to_judge" when no user has two ratings.
Result<RankingReport> CrossValidateRanking(const RatingMatrix& matrix, int folds, uint64_t seed,
                                           const FitFunction& fit, const FitFunction& baseline,
                                           const FoldProgress& progress = {}, int threads = 0);
Result<RatingReport> CrossValidateRatings(const RatingMatrix& matrix, int folds, uint64_t seed,
                                          const FitFunction& fit, const FitFunction& baseline,
                                          const FoldProgress& progress = {});

RankingMetrics Mean(std::span<const RankingMetrics> folds);
RatingMetrics Mean(std::span<const RatingMetrics> folds);

}  // namespace marquee::models
