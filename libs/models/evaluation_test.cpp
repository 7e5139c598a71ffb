#include "models/evaluation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "models/fitting.h"
#include "models/random.h"
#include "models/top_n.h"

namespace marquee::models {
namespace {

Result<std::shared_ptr<const Ranker>> Popularity(const RatingMatrix& train) {
  return FitRanker("popularity", train, {}, {});
}

TEST(Metrics, FollowTheirDefinitionsOnAWorkedExample) {
  const std::vector<int32_t> ranked{7, 1, 9, 3};
  const std::vector<int32_t> relevant{1, 2, 3};
  EXPECT_DOUBLE_EQ(RecallAt(ranked, relevant, 2), 1.0 / 2);   // min(2, 3) = 2
  EXPECT_DOUBLE_EQ(RecallAt(ranked, relevant, 10), 2.0 / 3);  // min(10, 3) = 3
  EXPECT_DOUBLE_EQ(PrecisionAt(ranked, relevant, 4), 2.0 / 4);
  EXPECT_DOUBLE_EQ(PrecisionAt(ranked, relevant, 10), 2.0 / 10);
  const double ideal = 1 + 1 / std::log2(3.0) + 1 / std::log2(4.0);
  EXPECT_DOUBLE_EQ(NdcgAt(ranked, relevant, 100),
                   (1 / std::log2(3.0) + 1 / std::log2(5.0)) / ideal);
  EXPECT_DOUBLE_EQ(NdcgAt(std::vector<int32_t>{3, 2, 1}, relevant, 100), 1);
  EXPECT_DOUBLE_EQ(AveragePrecisionAt(ranked, relevant, 10), (1.0 / 2 + 2.0 / 4) / 3);
  EXPECT_EQ(NdcgAt(ranked, {}, 10), 0);
  EXPECT_EQ(RecallAt({}, relevant, 10), 0);
  EXPECT_EQ(AveragePrecisionAt({}, {}, 10), 0);
}

// Given 2 and 4, so the person's mean is 3; of a stricter one's, higher.
HeldOutUser Judged(std::vector<RatedItem> given) {
  return {0, std::move(given), {1, 2, 3, 4, 5}, {4, 2.5F, 4.5F, 3, 1}};
}

TEST(Liked, AreFilmsOfFourStarsAtOrAboveThePersonsMean) {
  EXPECT_EQ(Liked(Judged({{7, 2}, {8, 4}})), (std::vector<int32_t>{1, 3}));
  EXPECT_EQ(Liked(Judged({{7, 4.5F}, {8, 4.5F}, {9, 4.5F}})), (std::vector<int32_t>{3}));
  EXPECT_TRUE(Liked(Judged({{7, 5}})).empty());
  EXPECT_EQ(Disliked(Judged({{7, 5}})), (std::vector<int32_t>{2, 5}));
}

TEST(EvaluateRanking, CountsTheLikedAmongThoseWhoLikedAnyAndTheDislikedForAll) {
  const std::vector<HeldOutUser> users{Judged({{7, 2}, {8, 4}}), Judged({{7, 5}})};
  const RankFunction rank = [](std::span<const RatedItem>, int) {
    return std::vector<ScoredItem>{{5, 4}, {1, 3}, {9, 2}, {2, 1}};
  };
  const RankingMetrics metrics = EvaluateRanking(users, 10, rank);
  EXPECT_EQ(metrics.users, 2);
  EXPECT_EQ(metrics.liked_users, 1);
  EXPECT_DOUBLE_EQ(metrics.liked_ndcg_at_100, (1 / std::log2(3.0)) / (1 + 1 / std::log2(3.0)));
  EXPECT_DOUBLE_EQ(metrics.liked_recall_at_20, 1.0 / 2);
  EXPECT_DOUBLE_EQ(metrics.disliked_at_20, 2.0 / 20);
}

RatingMatrix RandomRatings(int users, int items, double density) {
  std::vector<int64_t> u;
  std::vector<int64_t> i;
  std::vector<float> v;
  Random random(6);
  for (int user = 0; user < users; ++user) {
    for (int item = 0; item < items; ++item) {
      if (random.Uniform() > density / (1 + item * 0.1)) continue;
      u.push_back(user);
      i.push_back(item);
      v.push_back(0.5F + 0.5F * static_cast<float>(random.Below(10)));
    }
  }
  return *RatingMatrix::Build(u, i, v);
}

TEST(SplitUsers, HoldsEachUserOutOnceAndGivesFourFifths) {
  const RatingMatrix matrix = RandomRatings(53, 30, 0.9);
  std::multiset<int32_t> held;
  for (int fold = 0; fold < 5; ++fold) {
    const UserSplit split = SplitUsers(matrix, 5, fold, 1);
    EXPECT_EQ(split.train.items(), matrix.items());
    int64_t left_out = 0;
    for (const HeldOutUser& user : split.held_out) {
      held.insert(user.user);
      EXPECT_EQ(split.train.by_user().RowSize(user.user), 0) << "in training and held out";
      const auto n = static_cast<size_t>(matrix.by_user().RowSize(user.user));
      left_out += static_cast<int64_t>(n);
      ASSERT_EQ(user.given.size() + user.relevant.size(), n);
      ASSERT_EQ(user.stars.size(), user.relevant.size());
      const auto columns = matrix.by_user().RowColumns(user.user);
      for (size_t i = 0; i < user.relevant.size(); ++i) {
        const auto at = std::find(columns.begin(), columns.end(), user.relevant[i]);
        EXPECT_EQ(user.stars[i],
                  matrix.by_user().RowValues(user.user)[static_cast<size_t>(at - columns.begin())]);
      }
      EXPECT_NEAR(static_cast<double>(user.given.size()), 0.8 * static_cast<double>(n), 0.5001);
      EXPECT_TRUE(std::is_sorted(user.relevant.begin(), user.relevant.end()));
      for (const RatedItem& given : user.given) {
        EXPECT_FALSE(std::binary_search(user.relevant.begin(), user.relevant.end(), given.item));
      }
    }
    EXPECT_EQ(split.train.nonzeros() + left_out, matrix.nonzeros());
  }
  for (int32_t user = 0; user < matrix.users(); ++user) {
    EXPECT_EQ(held.count(user), matrix.by_user().RowSize(user) >= 2 ? 1U : 0U);
  }
}

TEST(SplitUsers, DependsOnTheSeedAlone) {
  const RatingMatrix matrix = RandomRatings(40, 30, 0.9);
  const auto given = [&](uint64_t seed) {
    std::vector<std::pair<int32_t, int32_t>> all;
    for (const HeldOutUser& user : SplitUsers(matrix, 4, 1, seed).held_out) {
      for (const RatedItem& rated : user.given) all.emplace_back(user.user, rated.item);
    }
    return all;
  };
  EXPECT_EQ(given(1), given(1));
  EXPECT_NE(given(1), given(2));
}

TEST(SplitRatings, HoldsEachRatingOutOnce) {
  const RatingMatrix matrix = RandomRatings(40, 30, 0.9);
  std::set<std::pair<int32_t, int32_t>> held;
  size_t total = 0;
  for (int fold = 0; fold < 5; ++fold) {
    const RatingSplit split = SplitRatings(matrix, 5, fold, 1);
    EXPECT_EQ(split.train.nonzeros() + static_cast<int64_t>(split.held_out.size()),
              matrix.nonzeros());
    for (const HeldOutRating& rating : split.held_out) held.insert({rating.user, rating.item});
    total += split.held_out.size();
  }
  EXPECT_EQ(held.size(), static_cast<size_t>(matrix.nonzeros()));
  EXPECT_EQ(total, held.size());
}

TEST(EvaluateRanking, GivesAnOracleFullMarksAndAStrangerNone) {
  const RatingMatrix matrix = RandomRatings(60, 40, 0.9);
  const UserSplit split = SplitUsers(matrix, 3, 0, 1);
  // Knows the answers: finds the user by what is given.
  const RankFunction oracle = [&](std::span<const RatedItem> given, int n) {
    std::vector<ScoredItem> best;
    for (const HeldOutUser& user : split.held_out) {
      if (user.given.data() != given.data()) continue;
      for (const int32_t item : user.relevant) best.push_back({item, 1});
    }
    best.resize(std::min(best.size(), static_cast<size_t>(n)));
    return best;
  };
  const RankingMetrics perfect = EvaluateRanking(split.held_out, matrix.items(), oracle);
  EXPECT_DOUBLE_EQ(perfect.ndcg_at_100, 1);
  EXPECT_DOUBLE_EQ(perfect.recall_at_20, 1);
  EXPECT_DOUBLE_EQ(perfect.map_at_10, 1);
  EXPECT_EQ(perfect.users, static_cast<int64_t>(split.held_out.size()));
  EXPECT_GT(perfect.coverage, 0);
  EXPECT_LE(perfect.coverage, 1);
  const RankingMetrics none =
      EvaluateRanking(split.held_out, matrix.items(),
                      [](std::span<const RatedItem>, int) { return std::vector<ScoredItem>{}; });
  EXPECT_EQ(none.ndcg_at_100, 0);
  EXPECT_EQ(none.coverage, 0);
}

TEST(EvaluateRanking, IsTheSameForAnyNumberOfThreads) {
  const RatingMatrix matrix = RandomRatings(60, 40, 0.9);
  const UserSplit split = SplitUsers(matrix, 3, 0, 1);
  const RankFunction popular = RankBy(*Popularity(split.train), split.train);
  const RankingMetrics one = EvaluateRanking(split.held_out, matrix.items(), popular, 1);
  const RankingMetrics four = EvaluateRanking(split.held_out, matrix.items(), popular, 4);
  EXPECT_EQ(one.ndcg_at_100, four.ndcg_at_100);
  EXPECT_EQ(one.coverage, four.coverage);
}

TEST(RankBy, RanksByCountAndLeavesOutWhatIsGiven) {
  const std::vector<int64_t> users{1, 2, 3, 1, 2, 1};
  const std::vector<int64_t> items{10, 10, 10, 20, 20, 30};
  const auto matrix = *RatingMatrix::Build(users, items, std::vector<float>(6, 3));
  const RankFunction rank = RankBy(*Popularity(matrix), matrix);
  const std::vector<RatedItem> given{{0, 3}};
  EXPECT_EQ(rank(given, 5), (std::vector<ScoredItem>{{1, 2}, {2, 1}}));

  // Among a catalogue of other movies: by id, those that both know.
  const std::vector<int64_t> others{20, 30, 40};
  const auto other =
      *RatingMatrix::Build(std::vector<int64_t>(3, 1), others, std::vector<float>(3, 3));
  const RankFunction elsewhere = RankBy(*Popularity(matrix), other);
  EXPECT_EQ(elsewhere(std::vector<RatedItem>{{1, 3}}, 5), (std::vector<ScoredItem>{{0, 2}}));
}

TEST(EvaluateRatings, ComputesRootMeanSquareAndMeanAbsoluteError) {
  const std::vector<HeldOutRating> held{{0, 0, 3}, {0, 1, 5}};
  const RatingMetrics metrics =
      EvaluateRatings(held, [](int32_t, int32_t) { return PredictedRating{2}; });
  EXPECT_DOUBLE_EQ(metrics.rmse, std::sqrt((1.0 + 9.0) / 2));
  EXPECT_DOUBLE_EQ(metrics.mae, 2);
  EXPECT_EQ(EvaluateRatings({}, {}).rmse, 0);
}

TEST(Mean, WeighsFoldsByTheirSize) {
  const std::vector<RatingMetrics> ratings{{1, 1, 3, {}}, {3, 2, 1, {}}};
  EXPECT_DOUBLE_EQ(Mean(ratings).rmse, std::sqrt((3 * 1.0 + 9.0) / 4));
  EXPECT_DOUBLE_EQ(Mean(ratings).mae, 5.0 / 4);
  RankingMetrics small;
  small.users = 1;
  small.ndcg_at_100 = 1;
  RankingMetrics large;
  large.users = 3;
  const std::vector<RankingMetrics> ranking{small, large};
  EXPECT_DOUBLE_EQ(Mean(ranking).ndcg_at_100, 0.25);
  EXPECT_EQ(Mean(ranking).users, 4);
}

TEST(CrossValidate, RunsEachFoldReportsProgressAndCanBeCancelled) {
  const RatingMatrix matrix = RandomRatings(40, 30, 0.9);
  const FitFunction popularity = Popularity;
  std::vector<int> seen;
  const auto report =
      CrossValidateRanking(matrix, 4, 1, popularity, popularity, [&](int fold, int folds) {
        EXPECT_EQ(folds, 4);
        seen.push_back(fold);
        return true;
      });
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(seen, (std::vector<int>{1, 2, 3, 4}));
  EXPECT_DOUBLE_EQ(report->ndcg_ratio, 1);
  EXPECT_EQ(report->folds.size(), 4U);
  const auto stop = [](int, int) { return false; };
  EXPECT_EQ(CrossValidateRanking(matrix, 4, 1, popularity, popularity, stop).error().code,
            Code::kCancelled);
  EXPECT_FALSE(CrossValidateRanking(matrix, 1, 1, popularity, popularity).ok());
  EXPECT_FALSE(CrossValidateRanking(matrix, 41, 1, popularity, popularity).ok());

  const auto once = RatingMatrix::Build(std::vector<int64_t>{1, 2, 3},
                                        std::vector<int64_t>{5, 5, 6}, std::vector<float>{4, 3, 2});
  EXPECT_EQ(CrossValidateRanking(*once, 2, 1, popularity, popularity).error().reason,
            "nobody_to_judge")
      << "zeros would pass for a measurement";

  const FitFunction bias = [](const RatingMatrix& train) {
    return FitRanker("biased_als", train, {{"biased_als.factors", 0}}, {});
  };
  const auto ratings = CrossValidateRatings(matrix, 3, 1, bias, bias);
  ASSERT_TRUE(ratings.ok());
  EXPECT_DOUBLE_EQ(ratings->mean.rmse, ratings->baseline.rmse);
  EXPECT_EQ(ratings->mean.ratings, matrix.nonzeros());
  EXPECT_EQ(CrossValidateRatings(matrix, 3, 1, bias, bias, stop).error().code, Code::kCancelled);
}

}  // namespace
}  // namespace marquee::models
