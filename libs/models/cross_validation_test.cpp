#include "models/cross_validation.h"

#include <gtest/gtest.h>

#include <vector>

#include "models/fitting.h"
#include "models/testing/random_ratings.h"

namespace marquee::models {
namespace {

using testing::RandomRatings;

Method Of(std::string name, const std::string& algorithm, const OptionValues& options = {}) {
  return {std::move(name), [algorithm, options](const RatingMatrix& train) {
            return FitRanker(algorithm, train, options, {});
          }};
}

class CrossValidation : public ::testing::Test {
 protected:
  Result<std::vector<RankingReport>> Rank(const std::vector<Method>& methods,
                                          const FoldOptions& options = {.folds = 4}) const {
    return CrossValidateRanking(
        [&](int fold) { return SplitUsers(matrix_, options.folds, fold, 1); }, methods, options);
  }
  RatingMatrix matrix_ = RandomRatings(40, 30, 0.9);
};

TEST_F(CrossValidation, JudgesEveryMethodOnTheSamePeople) {
  std::vector<int> seen;
  const auto reports = Rank({Of("popular", "popularity"), Of("neighbours", "item-knn")},
                            {.folds = 4, .progress = [&](int done, int all) {
                               EXPECT_EQ(all, 8);
                               seen.push_back(done);
                               return true;
                             }});
  ASSERT_TRUE(reports.ok());
  EXPECT_EQ(seen, (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8}));
  ASSERT_EQ(reports->size(), 2U);
  const auto& [first, second] = std::pair((*reports)[0], (*reports)[1]);
  EXPECT_EQ(first.folds.size(), 4U);
  ASSERT_EQ(first.people.size(), second.people.size());
  for (size_t i = 0; i < first.people.size(); ++i)
    EXPECT_EQ(first.people[i].user, second.people[i].user);
  for (const RankingMetric& metric : UserMetrics()) {
    const auto figures = FiguresOf(first.people, metric, matrix_.users());
    EXPECT_NEAR(Overall(figures, Scale::kMean), first.mean.*metric.value, 1e-12) << metric.name;
    EXPECT_EQ(EstimateOf(figures, Scale::kMean).people, first.mean.*metric.users) << metric.name;
  }
  EXPECT_TRUE(first.distinguishes);
}

TEST_F(CrossValidation, CanBeCancelledAndRefusesWhatCannotBeJudged) {
  const std::vector<Method> popularity{Of("popularity", "popularity")};
  EXPECT_EQ(Rank(popularity, {.folds = 4, .progress = [](int, int) { return false; }}).error().code,
            Code::kCancelled);
  EXPECT_EQ(Rank(popularity, {.folds = 1}).error().reason, "folds_out_of_range");
  const auto once = RatingMatrix::Build(std::vector<int64_t>{1, 2, 3},
                                        std::vector<int64_t>{5, 5, 6}, std::vector<float>{4, 3, 2});
  EXPECT_EQ(CrossValidateRanking([&](int fold) { return SplitUsers(*once, 2, fold, 1); },
                                 popularity, {.folds = 2})
                .error()
                .reason,
            "nobody_to_judge")
      << "zeros would pass for a measurement";
}

TEST_F(CrossValidation, OfRatingsCountsEachRatingOnceAndEachPersonOnce) {
  const std::vector<Method> methods{Of("bias", "biased_als", {{"biased_als.factors", 0}}),
                                    Of("als", "biased_als", {{"biased_als.factors", 2}})};
  const auto reports = CrossValidateRatings(
      [&](int fold) { return SplitRatings(matrix_, 3, fold, 1); }, methods, {.folds = 3});
  ASSERT_TRUE(reports.ok());
  const RatingReport& bias = reports->front();
  EXPECT_EQ(bias.mean.ratings, matrix_.nonzeros());
  const auto figures = FiguresOf(bias.people, RaterMetrics().front(), matrix_.users());
  const Estimate rmse = EstimateOf(figures, Scale::kRootMean);
  EXPECT_NEAR(rmse.value, bias.mean.rmse, 1e-9);
  EXPECT_EQ(rmse.people, 40);
  EXPECT_EQ(
      EstimateOf(FiguresOf(bias.people, RaterMetrics()[2], matrix_.users()), Scale::kMean).people,
      0)
      << "biases say no distribution";
}

TEST_F(CrossValidation, SaysWhoKnowsNothingOfHiddenMovies) {
  const auto cold = [&](int fold) { return HideItems(matrix_, 3, fold, 1); };
  const std::vector<Method> methods{Of("popularity", "popularity")};
  const auto reports = CrossValidateRanking(cold, methods, {.folds = 3});
  ASSERT_TRUE(reports.ok());
  EXPECT_FALSE(reports->front().distinguishes) << "nobody has rated any of them";
  const std::vector<Method> biases{Of("bias", "biased_als", {{"biased_als.factors", 0}})};
  const auto ratings = CrossValidateRatings(
      [&](int fold) { return AsRatings(cold(fold), matrix_); }, biases, {.folds = 3});
  ASSERT_TRUE(ratings.ok());
  EXPECT_FALSE(ratings->front().distinguishes) << "the person's mean for all of them";
  const auto warm = CrossValidateRatings(
      [&](int fold) { return SplitRatings(matrix_, 3, fold, 1); }, biases, {.folds = 3});
  EXPECT_TRUE(warm->front().distinguishes);
}

}  // namespace
}  // namespace marquee::models
