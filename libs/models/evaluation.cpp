#include "models/evaluation.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include "models/parallel.h"
#include "models/random.h"
#include "models/top_n.h"

namespace marquee::models {
namespace {

constexpr int kRanked = 100;
constexpr size_t kCovered = 10;

constexpr RankingMetric kUserMetrics[] = {
    {"ndcg_at_100", &RankingMetrics::ndcg_at_100, &RankingMetrics::users},
    {"recall_at_20", &RankingMetrics::recall_at_20, &RankingMetrics::users},
    {"recall_at_50", &RankingMetrics::recall_at_50, &RankingMetrics::users},
    {"precision_at_10", &RankingMetrics::precision_at_10, &RankingMetrics::users},
    {"map_at_10", &RankingMetrics::map_at_10, &RankingMetrics::users},
    {"liked_ndcg_at_100", &RankingMetrics::liked_ndcg_at_100, &RankingMetrics::liked_users},
    {"liked_recall_at_20", &RankingMetrics::liked_recall_at_20, &RankingMetrics::liked_users},
    {"disliked_at_20", &RankingMetrics::disliked_at_20, &RankingMetrics::users, false},
};

bool Relevant(std::span<const int32_t> relevant, int32_t item) {
  return std::binary_search(relevant.begin(), relevant.end(), item);
}

size_t Depth(std::span<const int32_t> ranked, int k) {
  return std::min(ranked.size(), static_cast<size_t>(k));
}

size_t Hits(std::span<const int32_t> ranked, std::span<const int32_t> relevant, int k) {
  return static_cast<size_t>(
      std::count_if(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(Depth(ranked, k)),
                    [&](int32_t item) { return Relevant(relevant, item); }));
}

double Discount(size_t position) { return 1 / std::log2(static_cast<double>(position) + 2); }

std::vector<int32_t> RatedBetween(const HeldOutUser& user, double lowest, double highest) {
  std::vector<int32_t> items;
  for (size_t i = 0; i < user.relevant.size(); ++i) {
    const auto stars = static_cast<double>(user.stars[i]);
    if (stars >= lowest && stars <= highest) items.push_back(user.relevant[i]);
  }
  return items;
}

RankingMetrics MetricsOf(const HeldOutUser& user, std::span<const int32_t> ranked) {
  RankingMetrics metrics;
  metrics.recall_at_20 = RecallAt(ranked, user.relevant, 20);
  metrics.recall_at_50 = RecallAt(ranked, user.relevant, 50);
  metrics.ndcg_at_100 = NdcgAt(ranked, user.relevant, 100);
  metrics.precision_at_10 = PrecisionAt(ranked, user.relevant, 10);
  metrics.map_at_10 = AveragePrecisionAt(ranked, user.relevant, 10);
  const std::vector<int32_t> liked = Liked(user);
  metrics.liked_ndcg_at_100 = NdcgAt(ranked, liked, 100);
  metrics.liked_recall_at_20 = RecallAt(ranked, liked, 20);
  metrics.disliked_at_20 = PrecisionAt(ranked, Disliked(user), 20);
  metrics.users = 1;
  metrics.liked_users = liked.empty() ? 0 : 1;
  return metrics;
}

// A fold for each of n things: a random permutation, dealt round robin.
std::vector<int32_t> DealFolds(size_t n, int folds, uint64_t seed) {
  std::vector<uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0U);
  Random random(seed);
  Shuffle(order, random);
  std::vector<int32_t> fold(n);
  for (size_t i = 0; i < n; ++i)
    fold[order[i]] = static_cast<int32_t>(i % static_cast<size_t>(folds));
  return fold;
}

// Users × items: the user's part of a seed, so that a user's split depends on nobody else.
uint64_t UserSeed(uint64_t seed, int32_t user) {
  return Mix(seed ^ 0x75736572ULL, static_cast<uint64_t>(user));
}

void Add(const Predictive& predicted, float rating, PredictiveMetrics& sums) {
  constexpr double kLeast = 1e-9;  // a model that rules out what happens is wrong, not infinitely
  for (size_t i = 0; i < kIntervals.size(); ++i) {
    const double lower = predicted.Lower(kIntervals[i]);
    const double upper = predicted.Upper(kIntervals[i]);
    const auto stars = static_cast<double>(rating);
    sums.coverage[i] += lower <= stars && stars <= upper ? 1 : 0;
    sums.width[i] += upper - lower;
  }
  sums.log_loss -= std::log(std::max(kLeast, predicted.distribution[StarValueOf(rating)]));
}

void AddWeighted(double weight, const PredictiveMetrics& metrics, PredictiveMetrics& sum) {
  for (size_t i = 0; i < kIntervals.size(); ++i) {
    sum.coverage[i] += weight * metrics.coverage[i];
    sum.width[i] += weight * metrics.width[i];
  }
  sum.log_loss += weight * metrics.log_loss;
}

// The model's index of each item of the matrix, or -1.
std::vector<int32_t> IndicesIn(const Ranker& ranker, const RatingMatrix& matrix) {
  std::vector<int32_t> indices;
  for (const int64_t id : matrix.item_ids()) indices.push_back(ranker.IndexOf(id).value_or(-1));
  return indices;
}

}  // namespace

std::span<const RankingMetric> UserMetrics() { return kUserMetrics; }

double RecallAt(std::span<const int32_t> ranked, std::span<const int32_t> relevant, int k) {
  const size_t most = std::min(relevant.size(), static_cast<size_t>(k));
  return most == 0 ? 0 : static_cast<double>(Hits(ranked, relevant, k)) / static_cast<double>(most);
}

double PrecisionAt(std::span<const int32_t> ranked, std::span<const int32_t> relevant, int k) {
  return static_cast<double>(Hits(ranked, relevant, k)) / static_cast<double>(k);
}

double NdcgAt(std::span<const int32_t> ranked, std::span<const int32_t> relevant, int k) {
  double gain = 0;
  double ideal = 0;
  for (size_t i = 0; i < Depth(ranked, k); ++i) {
    if (Relevant(relevant, ranked[i])) gain += Discount(i);
  }
  for (size_t i = 0; i < std::min(relevant.size(), static_cast<size_t>(k)); ++i) {
    ideal += Discount(i);
  }
  return ideal == 0 ? 0 : gain / ideal;
}

double AveragePrecisionAt(std::span<const int32_t> ranked, std::span<const int32_t> relevant,
                          int k) {
  const size_t most = std::min(relevant.size(), static_cast<size_t>(k));
  double sum = 0;
  size_t hits = 0;
  for (size_t i = 0; i < Depth(ranked, k); ++i) {
    if (!Relevant(relevant, ranked[i])) continue;
    ++hits;
    sum += static_cast<double>(hits) / static_cast<double>(i + 1);
  }
  return most == 0 ? 0 : sum / static_cast<double>(most);
}

std::vector<int32_t> Liked(const HeldOutUser& user) {
  double mean = 0;
  for (const RatedItem& given : user.given)
    mean += static_cast<double>(given.rating) / static_cast<double>(user.given.size());
  // A mean of equal ratings may come out a rounding above them.
  const double least = std::max<double>(kLiked, mean - 1e-6);
  return RatedBetween(user, least, kHighestRating);
}

std::vector<int32_t> Disliked(const HeldOutUser& user) { return RatedBetween(user, 0, kDisliked); }

size_t GivenOf(size_t n, double given_fraction) {
  return std::clamp<size_t>(
      static_cast<size_t>(std::lround(given_fraction * static_cast<double>(n))), 1, n - 1);
}

HeldOutUser Divide(const SparseRows& by_user, int32_t user, std::vector<uint32_t> order,
                   size_t given) {
  const auto columns = by_user.RowColumns(user);
  const auto values = by_user.RowValues(user);
  const auto rest = order.begin() + static_cast<std::ptrdiff_t>(given);
  std::sort(order.begin(), rest);
  std::sort(rest, order.end());
  HeldOutUser held{user, {}, {}, {}};
  for (auto at = order.begin(); at != rest; ++at) held.given.push_back({columns[*at], values[*at]});
  for (auto at = rest; at != order.end(); ++at) {
    held.relevant.push_back(columns[*at]);
    held.stars.push_back(values[*at]);
  }
  return held;
}

UserSplit SplitUsers(const RatingMatrix& matrix, int folds, int fold, uint64_t seed,
                     double given_fraction) {
  const SparseRows& rows = matrix.by_user();
  const std::vector<int32_t> dealt = DealFolds(static_cast<size_t>(rows.rows()), folds, seed);
  std::vector<uint8_t> keep(static_cast<size_t>(rows.nonzeros()), 1);
  UserSplit split;
  for (int32_t user = 0; user < rows.rows(); ++user) {
    const auto n = static_cast<size_t>(rows.RowSize(user));
    if (dealt[static_cast<size_t>(user)] != fold || n < 2) continue;
    std::fill_n(keep.begin() + rows.offsets[static_cast<size_t>(user)], n, uint8_t{0});
    std::vector<uint32_t> order(n);
    std::iota(order.begin(), order.end(), 0U);
    Random random(UserSeed(seed, user));
    Shuffle(order, random);
    split.held_out.push_back(Divide(rows, user, std::move(order), GivenOf(n, given_fraction)));
  }
  split.train = matrix.Select(keep);
  return split;
}

RankingMetrics EvaluateRanking(std::span<const HeldOutUser> held_out, int32_t items,
                               const RankFunction& rank, int threads) {
  struct PerUser {
    RankingMetrics metrics;
    std::vector<int32_t> first;
  };
  std::vector<PerUser> results(held_out.size());
  ParallelFor(ThreadCount(threads), static_cast<int64_t>(held_out.size()), [&](int64_t i, int) {
    const HeldOutUser& user = held_out[static_cast<size_t>(i)];
    std::vector<int32_t> ranked;
    for (const ScoredItem& scored : rank(user.given, kRanked)) ranked.push_back(scored.item);
    PerUser& result = results[static_cast<size_t>(i)];
    result.metrics = MetricsOf(user, ranked);
    ranked.resize(std::min(ranked.size(), kCovered));
    result.first = std::move(ranked);
  });
  std::vector<RankingMetrics> metrics;
  ItemSet shown(items);
  int64_t covered = 0;
  for (const PerUser& result : results) {
    metrics.push_back(result.metrics);
    for (const int32_t item : result.first) {
      covered += shown.Contains(item) ? 0 : 1;
      shown.Add(item);
    }
  }
  RankingMetrics mean = Mean(metrics);
  mean.coverage = items == 0 ? 0 : static_cast<double>(covered) / items;
  return mean;
}

RankFunction RankBy(std::shared_ptr<const Ranker> ranker, const RatingMatrix& matrix) {
  if (std::ranges::equal(ranker->model().item_ids, matrix.item_ids())) {
    return [ranker = std::move(ranker)](std::span<const RatedItem> given, int n) {
      return ranker->Recommend(given, n);
    };
  }
  const std::vector<int32_t> theirs = IndicesIn(*ranker, matrix);
  std::vector<int32_t> ours(static_cast<size_t>(ranker->items()), -1);
  ItemSet shared(ranker->items());
  for (int32_t item = 0; item < matrix.items(); ++item) {
    const int32_t other = theirs[static_cast<size_t>(item)];
    if (other < 0) continue;
    ours[static_cast<size_t>(other)] = item;
    shared.Add(other);
  }
  return [ranker = std::move(ranker), theirs, ours = std::move(ours), shared = std::move(shared)](
             std::span<const RatedItem> given, int n) {
    std::vector<RatedItem> known;
    for (const auto& [item, rating] : given) {
      if (const auto other = theirs[static_cast<size_t>(item)]; other >= 0)
        known.push_back({other, rating});
    }
    auto ranked = ranker->Recommend(known, n, {.allowed = shared.words(), .excluded = {}});
    for (auto& scored : ranked) scored.item = ours[static_cast<size_t>(scored.item)];
    return ranked;
  };
}

RatingSplit SplitRatings(const RatingMatrix& matrix, int folds, int fold, uint64_t seed) {
  const SparseRows& rows = matrix.by_user();
  const std::vector<int32_t> dealt = DealFolds(static_cast<size_t>(rows.nonzeros()), folds, seed);
  std::vector<uint8_t> keep(dealt.size());
  RatingSplit split;
  for (int32_t user = 0; user < rows.rows(); ++user) {
    for (auto i = static_cast<size_t>(rows.offsets[static_cast<size_t>(user)]);
         i < static_cast<size_t>(rows.offsets[static_cast<size_t>(user) + 1]); ++i) {
      keep[i] = dealt[i] == fold ? 0 : 1;
      if (keep[i] == 0) split.held_out.push_back({user, rows.columns[i], rows.values[i]});
    }
  }
  split.train = matrix.Select(keep);
  return split;
}

RatingMetrics EvaluateRatings(std::span<const HeldOutRating> held_out,
                              const PredictFunction& predict) {
  RatingMetrics metrics;
  PredictiveMetrics sums;
  size_t with_predictive = 0;
  for (const HeldOutRating& rating : held_out) {
    const PredictedRating predicted = predict(rating.user, rating.item);
    const double error = static_cast<double>(predicted.stars - rating.rating);
    metrics.rmse += error * error;
    metrics.mae += std::abs(error);
    if (!predicted.predictive) continue;
    ++with_predictive;
    Add(*predicted.predictive, rating.rating, sums);
  }
  metrics.ratings = static_cast<int64_t>(held_out.size());
  if (metrics.ratings == 0) return metrics;
  const auto count = static_cast<double>(metrics.ratings);
  metrics.rmse = std::sqrt(metrics.rmse / count);
  metrics.mae /= count;
  if (with_predictive == held_out.size()) {
    metrics.predictive.emplace();
    AddWeighted(1 / count, sums, *metrics.predictive);
  }
  return metrics;
}

PredictFunction PredictBy(std::shared_ptr<const Ranker> ranker, const RatingMatrix& train) {
  struct Asked {
    std::shared_ptr<const Ranker> ranker;
    std::vector<int32_t> theirs;
    int32_t user = -1;
    std::vector<RatedItem> history{};
    std::unique_ptr<const Profile> profile{};
  };
  auto asked = std::make_shared<Asked>(Asked{ranker, IndicesIn(*ranker, train)});
  return [asked = std::move(asked), &train](int32_t user, int32_t item) {
    if (user != asked->user) {
      asked->history.clear();
      const auto columns = train.by_user().RowColumns(user);
      const auto values = train.by_user().RowValues(user);
      for (size_t i = 0; i < columns.size(); ++i) {
        const int32_t other = asked->theirs[static_cast<size_t>(columns[i])];
        if (other >= 0) asked->history.push_back({other, values[i]});
      }
      asked->profile = asked->ranker->Read(asked->history);
      asked->user = user;
    }
    const int32_t theirs = asked->theirs[static_cast<size_t>(item)];
    return PredictedRating{asked->profile->Score(theirs), asked->profile->Predict(theirs)};
  };
}

RankingMetrics Mean(std::span<const RankingMetrics> folds) {
  RankingMetrics mean;
  for (const RankingMetrics& fold : folds) {
    mean.users += fold.users;
    mean.liked_users += fold.liked_users;
    mean.coverage += fold.coverage / static_cast<double>(folds.size());
    for (const RankingMetric& metric : kUserMetrics)
      mean.*metric.value += static_cast<double>(fold.*metric.users) * (fold.*metric.value);
  }
  for (const RankingMetric& metric : kUserMetrics) {
    if (mean.*metric.users > 0) mean.*metric.value /= static_cast<double>(mean.*metric.users);
  }
  return mean;
}

RatingMetrics Mean(std::span<const RatingMetrics> folds) {
  RatingMetrics mean;
  for (const RatingMetrics& fold : folds) {
    const auto ratings = static_cast<double>(fold.ratings);
    mean.rmse += ratings * fold.rmse * fold.rmse;
    mean.mae += ratings * fold.mae;
    mean.ratings += fold.ratings;
  }
  if (mean.ratings == 0) return mean;
  const auto count = static_cast<double>(mean.ratings);
  mean.rmse = std::sqrt(mean.rmse / count);
  mean.mae /= count;
  if (std::all_of(folds.begin(), folds.end(),
                  [](const RatingMetrics& fold) { return fold.predictive.has_value(); })) {
    mean.predictive.emplace();
    for (const RatingMetrics& fold : folds)
      AddWeighted(static_cast<double>(fold.ratings) / count, *fold.predictive, *mean.predictive);
  }
  return mean;
}

Result<RankingReport> CrossValidateRanking(const RatingMatrix& matrix, int folds, uint64_t seed,
                                           const FitFunction& fit, const FitFunction& baseline,
                                           const FoldProgress& progress, int threads) {
  if (folds < 2 || folds > matrix.users()) {
    return Error::InvalidArgument("folds_out_of_range", "Folds must be 2 to the number of users.",
                                  "folds");
  }
  RankingReport report;
  std::vector<RankingMetrics> popularity;
  for (int fold = 0; fold < folds; ++fold) {
    const UserSplit split = SplitUsers(matrix, folds, fold, seed);
    const auto judge = [&](std::shared_ptr<const Ranker> ranker) {
      return EvaluateRanking(split.held_out, matrix.items(), RankBy(std::move(ranker), split.train),
                             threads);
    };
    ASSIGN_OR_RETURN(auto ranker, fit(split.train));
    report.folds.push_back(judge(std::move(ranker)));
    ASSIGN_OR_RETURN(auto simple, baseline(split.train));
    popularity.push_back(judge(std::move(simple)));
    if (progress && !progress(fold + 1, folds)) {
      return Error::Cancelled("evaluation_cancelled", "The evaluation was cancelled.");
    }
  }
  report.mean = Mean(report.folds);
  if (report.mean.users == 0) {
    return Error::FailedPrecondition("nobody_to_judge",
                                     "Nobody could be held out: that takes users with at least two "
                                     "ratings of different movies.");
  }
  report.popularity = Mean(popularity);
  if (report.popularity.ndcg_at_100 > 0) {
    report.ndcg_ratio = report.mean.ndcg_at_100 / report.popularity.ndcg_at_100;
  }
  return report;
}

Result<RatingReport> CrossValidateRatings(const RatingMatrix& matrix, int folds, uint64_t seed,
                                          const FitFunction& fit, const FitFunction& baseline,
                                          const FoldProgress& progress) {
  if (folds < 2 || folds > matrix.nonzeros()) {
    return Error::InvalidArgument("folds_out_of_range", "Folds must be 2 to the number of ratings.",
                                  "folds");
  }
  RatingReport report;
  std::vector<RatingMetrics> baselines;
  for (int fold = 0; fold < folds; ++fold) {
    const RatingSplit split = SplitRatings(matrix, folds, fold, seed);
    ASSIGN_OR_RETURN(auto ranker, fit(split.train));
    report.folds.push_back(
        EvaluateRatings(split.held_out, PredictBy(std::move(ranker), split.train)));
    ASSIGN_OR_RETURN(auto simple, baseline(split.train));
    baselines.push_back(EvaluateRatings(split.held_out, PredictBy(std::move(simple), split.train)));
    if (progress && !progress(fold + 1, folds)) {
      return Error::Cancelled("evaluation_cancelled", "The evaluation was cancelled.");
    }
  }
  report.mean = Mean(report.folds);
  report.baseline = Mean(baselines);
  return report;
}

}  // namespace marquee::models
