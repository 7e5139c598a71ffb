#include "models/evaluation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "models/fitting.h"
#include "models/testing/random_ratings.h"
#include "models/top_n.h"

namespace marquee::models {
namespace {

using testing::RandomRatings;

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

TEST(RankBy, RanksAmongSomeMoviesOnly) {
  const RatingMatrix matrix = RandomRatings(60, 40, 0.9);
  const std::vector<int32_t> among{3, 17, 20};
  const RankFunction rank = RankBy(*Popularity(matrix), matrix, among);
  const auto ranked = rank(std::vector<RatedItem>{{17, 4}}, 10);
  ASSERT_EQ(ranked.size(), 2U);
  EXPECT_EQ(ranked[0].item, 3);
  EXPECT_EQ(ranked[1].item, 20);
}

TEST(JudgeRatings, AddUpToAllOfThem) {
  const std::vector<HeldOutRating> held{{0, 0, 3}, {0, 1, 5}, {4, 1, 1}};
  const PredictFunction predict = [](int32_t, int32_t) { return PredictedRating{2}; };
  const auto people = JudgeRatings(held, predict);
  ASSERT_EQ(people.size(), 2U);
  EXPECT_EQ(people[1].user, 4);
  EXPECT_DOUBLE_EQ(people[0].metrics.rmse, std::sqrt(5.0));
  const std::vector<RatingMetrics> each{people[0].metrics, people[1].metrics};
  EXPECT_NEAR(Mean(each).rmse, EvaluateRatings(held, predict).rmse, 1e-12);
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

}  // namespace
}  // namespace marquee::models
