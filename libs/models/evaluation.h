// Metrics of ranked lists and of predicted ratings, on what was held out (models/splits.h). The
// same figures whatever the number of threads. Several methods at once: models/cross_validation.h.
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
#include "models/paired.h"
#include "models/predictive.h"
#include "models/ranker.h"
#include "models/rating_matrix.h"
#include "models/splits.h"

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

// The same for predicted ratings. Intervals' are "coverage_80" and "width_80".
struct RatingMetric {
  std::string_view name;
  Scale scale = Scale::kMean;
  // A rating's mean, of what is then scaled: of squared errors, or what a mean is of. Nothing where
  // the method doesn't say it.
  std::optional<double> (*value)(const RatingMetrics&) = nullptr;
};
std::span<const RatingMetric> RaterMetrics();

double RecallAt(std::span<const int32_t> ranked, std::span<const int32_t> relevant_sorted, int k);
double NdcgAt(std::span<const int32_t> ranked, std::span<const int32_t> relevant_sorted, int k);
double PrecisionAt(std::span<const int32_t> ranked, std::span<const int32_t> relevant_sorted,
                   int k);
double AveragePrecisionAt(std::span<const int32_t> ranked, std::span<const int32_t> relevant_sorted,
                          int k);

// ---- Ranking protocol --------------------------------------------------------------------------

// The n best items, best first, for what is given, among the whole catalogue without the given.
// Called from several threads.
using RankFunction =
    std::function<std::vector<ScoredItem>(std::span<const RatedItem> given, int n)>;

// A held-out user's list, judged.
struct JudgedUser {
  int32_t user = 0;
  RankingMetrics metrics;      // users is 1
  std::vector<int32_t> first;  // of the list, for coverage
};

// Ranks 100 for each held-out user, in their order. threads 0: all cores.
std::vector<JudgedUser> JudgeLists(std::span<const HeldOutUser> held_out, const RankFunction& rank,
                                   int threads = 0);
// Of a catalogue of `items`.
RankingMetrics Mean(std::span<const JudgedUser> people, int32_t items);
// Both at once.
RankingMetrics EvaluateRanking(std::span<const HeldOutUser> held_out, int32_t items,
                               const RankFunction& rank, int threads = 0);

// Ranks by this model among the movies that `matrix` has (it may know others), or, unless that is
// empty, among these of them.
RankFunction RankBy(std::shared_ptr<const Ranker> ranker, const RatingMatrix& matrix,
                    std::span<const int32_t> among = {});

// ---- Rating protocol ---------------------------------------------------------------------------

struct PredictedRating {
  float stars = 0;
  std::optional<Predictive> predictive = {};
};
using PredictFunction = std::function<PredictedRating(int32_t user, int32_t item)>;
// The predictive metrics are of models that have them for every rating.
RatingMetrics EvaluateRatings(std::span<const HeldOutRating> held_out,
                              const PredictFunction& predict);

// A person's predicted ratings, judged.
struct JudgedRater {
  int32_t user = 0;
  RatingMetrics metrics;
};
// What is held out is in the order of its users; so are they.
std::vector<JudgedRater> JudgeRatings(std::span<const HeldOutRating> held_out,
                                      const PredictFunction& predict);

// Predicts by this model as the recommender does: by fold-in of what `train`, which it views, has
// of a user. Quick when asked user by user; not for several threads.
PredictFunction PredictBy(std::shared_ptr<const Ranker> ranker, const RatingMatrix& train);

RankingMetrics Mean(std::span<const RankingMetrics> folds);
RatingMetrics Mean(std::span<const RatingMetrics> folds);

}  // namespace marquee::models
