#include "models/evaluation.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>
#include <utility>

#include "models/parallel.h"
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

// Of an interval.
template <size_t kAt>
std::optional<double> CoverageOf(const RatingMetrics& metrics) {
  if (!metrics.predictive) return std::nullopt;
  return metrics.predictive->coverage[kAt];
}
template <size_t kAt>
std::optional<double> WidthOf(const RatingMetrics& metrics) {
  if (!metrics.predictive) return std::nullopt;
  return metrics.predictive->width[kAt];
}

constexpr RatingMetric kRaterMetrics[] = {
    {"rmse", Scale::kRootMean,
     [](const RatingMetrics& metrics) -> std::optional<double> {
       return metrics.rmse * metrics.rmse;
     }},
    {"mae", Scale::kMean,
     [](const RatingMetrics& metrics) -> std::optional<double> { return metrics.mae; }},
    {"log_loss", Scale::kMean,
     [](const RatingMetrics& metrics) -> std::optional<double> {
       if (!metrics.predictive) return std::nullopt;
       return metrics.predictive->log_loss;
     }},
    {"coverage_50", Scale::kMean, CoverageOf<0>},
    {"width_50", Scale::kMean, WidthOf<0>},
    {"coverage_80", Scale::kMean, CoverageOf<1>},
    {"width_80", Scale::kMean, WidthOf<1>},
    {"coverage_90", Scale::kMean, CoverageOf<2>},
    {"width_90", Scale::kMean, WidthOf<2>},
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
std::span<const RatingMetric> RaterMetrics() { return kRaterMetrics; }

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

std::vector<JudgedUser> JudgeLists(std::span<const HeldOutUser> held_out, const RankFunction& rank,
                                   int threads) {
  std::vector<JudgedUser> people(held_out.size());
  ParallelFor(ThreadCount(threads), static_cast<int64_t>(held_out.size()), [&](int64_t i, int) {
    const HeldOutUser& user = held_out[static_cast<size_t>(i)];
    std::vector<int32_t> ranked;
    for (const ScoredItem& scored : rank(user.given, kRanked)) ranked.push_back(scored.item);
    RankingMetrics metrics = MetricsOf(user, ranked);
    ranked.resize(std::min(ranked.size(), kCovered));
    people[static_cast<size_t>(i)] = {user.user, metrics, std::move(ranked)};
  });
  return people;
}

RankingMetrics Mean(std::span<const JudgedUser> people, int32_t items) {
  std::vector<RankingMetrics> metrics;
  std::set<int32_t> shown;
  for (const JudgedUser& one : people) {
    metrics.push_back(one.metrics);
    shown.insert(one.first.begin(), one.first.end());
  }
  RankingMetrics mean = Mean(metrics);
  mean.coverage = items == 0 ? 0 : static_cast<double>(shown.size()) / items;
  return mean;
}

RankingMetrics EvaluateRanking(std::span<const HeldOutUser> held_out, int32_t items,
                               const RankFunction& rank, int threads) {
  return Mean(JudgeLists(held_out, rank, threads), items);
}

RankFunction RankBy(std::shared_ptr<const Ranker> ranker, const RatingMatrix& matrix,
                    std::span<const int32_t> among) {
  const bool same = std::ranges::equal(ranker->model().item_ids, matrix.item_ids());
  if (same && among.empty()) {
    return [ranker = std::move(ranker)](std::span<const RatedItem> given, int n) {
      return ranker->Recommend(given, n);
    };
  }
  const std::vector<int32_t> theirs = IndicesIn(*ranker, matrix);
  std::vector<int32_t> ours(static_cast<size_t>(ranker->items()), -1);
  ItemSet allowed(ranker->items());
  const auto allow = [&](int32_t item) {
    const int32_t other = theirs[static_cast<size_t>(item)];
    if (other < 0) return;
    ours[static_cast<size_t>(other)] = item;
    allowed.Add(other);
  };
  for (int32_t item = 0; among.empty() && item < matrix.items(); ++item) allow(item);
  for (const int32_t item : among) allow(item);
  return [ranker = std::move(ranker), theirs, ours = std::move(ours), allowed = std::move(allowed)](
             std::span<const RatedItem> given, int n) {
    std::vector<RatedItem> known;
    for (const auto& [item, rating] : given) {
      if (const auto other = theirs[static_cast<size_t>(item)]; other >= 0)
        known.push_back({other, rating});
    }
    auto ranked = ranker->Recommend(known, n, {.allowed = allowed.words(), .excluded = {}});
    for (auto& scored : ranked) scored.item = ours[static_cast<size_t>(scored.item)];
    return ranked;
  };
}

RatingMetrics EvaluateRatings(std::span<const HeldOutRating> held_out,
                              const PredictFunction& predict) {
  RatingMetrics metrics;
  PredictiveMetrics sums;
  size_t with_predictive = 0;
  for (const HeldOutRating& rating : held_out) {
    const PredictedRating predicted = predict(rating.user, rating.item);
    const auto error = static_cast<double>(predicted.stars - rating.rating);
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

std::vector<JudgedRater> JudgeRatings(std::span<const HeldOutRating> held_out,
                                      const PredictFunction& predict) {
  std::vector<JudgedRater> people;
  for (size_t from = 0; from < held_out.size();) {
    size_t to = from;
    while (to < held_out.size() && held_out[to].user == held_out[from].user) ++to;
    people.push_back(
        {held_out[from].user, EvaluateRatings(held_out.subspan(from, to - from), predict)});
    from = to;
  }
  return people;
}

PredictFunction PredictBy(std::shared_ptr<const Ranker> ranker, const RatingMatrix& train) {
  struct Asked {
    std::shared_ptr<const Ranker> ranker;
    std::vector<int32_t> theirs;
    int32_t user = -1;
    std::vector<RatedItem> history{};
    std::unique_ptr<const Profile> profile{};
  };
  auto theirs = IndicesIn(*ranker, train);
  auto asked = std::make_shared<Asked>(Asked{std::move(ranker), std::move(theirs)});
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

}  // namespace marquee::models
