// EASE against its definition, the whole training, and its quality on real data.
#include "models/training.h"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "models/evaluation.h"
#include "models/random.h"

namespace marquee::models {
namespace {

RatingMatrix RandomMatrix(int users, int items) {
  std::vector<int64_t> u;
  std::vector<int64_t> i;
  std::vector<float> v;
  Random random(2);
  for (int user = 0; user < users; ++user) {
    for (int item = 0; item < items; ++item) {
      if (random.Uniform() > (user % 3 == item % 3 ? 0.5 : 0.1)) continue;
      u.push_back(user);
      i.push_back(item);
      v.push_back(0.5F + 0.5F * static_cast<float>(random.Below(10)));
    }
  }
  return *RatingMatrix::Build(u, i, v);
}

// B of the paper, from the definition.
Eigen::MatrixXd DenseEase(const RatingMatrix& matrix, double regularization) {
  Eigen::MatrixXd x = Eigen::MatrixXd::Zero(matrix.users(), matrix.items());
  for (int32_t user = 0; user < matrix.users(); ++user) {
    for (size_t j = 0; j < static_cast<size_t>(matrix.by_user().RowSize(user)); ++j) {
      x(user, matrix.by_user().RowColumns(user)[j]) =
          static_cast<double>(matrix.by_user().RowValues(user)[j]);
    }
  }
  Eigen::MatrixXd gram = x.transpose() * x;
  gram.diagonal().array() += regularization;
  const Eigen::MatrixXd p = gram.inverse();
  Eigen::MatrixXd b = -(p * p.diagonal().cwiseInverse().asDiagonal());
  b.diagonal().setZero();
  return b;
}

void ExpectEase(const RatingMatrix& matrix, const EaseOptions& options) {
  const auto model = TrainEase(matrix, options);
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  const Eigen::MatrixXd b = DenseEase(matrix, static_cast<double>(options.regularization));
  ASSERT_EQ(model->offsets.size(), static_cast<size_t>(matrix.items()) + 1);
  Eigen::MatrixXd found = Eigen::MatrixXd::Zero(matrix.items(), matrix.items());
  for (int32_t item = 0; item < matrix.items(); ++item) {
    for (auto i = static_cast<size_t>(model->offsets[static_cast<size_t>(item)]);
         i < static_cast<size_t>(model->offsets[static_cast<size_t>(item) + 1]); ++i) {
      found(item, model->columns[i]) = static_cast<double>(model->values[i]);
    }
  }
  EXPECT_LT((found - b).cwiseAbs().maxCoeff(), 1e-5);
}

TEST(Ease, EqualsItsDefinitionByItemsAndByUsers) {
  EaseOptions options;
  options.regularization = 20;
  options.min_item_count = 1;
  ExpectEase(RandomMatrix(100, 40), options);  // items are fewer
  options.double_precision = true;
  ExpectEase(RandomMatrix(100, 40), options);
  ExpectEase(RandomMatrix(20, 60), options);  // users are fewer: Woodbury
}

TEST(Ease, KeepsTheLargestNeighboursInAscendingOrder) {
  const RatingMatrix matrix = RandomMatrix(100, 40);
  EaseOptions options;
  options.regularization = 20;
  options.neighbours = 5;
  const EaseModel model = *TrainEase(matrix, options);
  const Eigen::MatrixXd b = DenseEase(matrix, 20);
  for (int32_t item = 0; item < matrix.items(); ++item) {
    const auto begin = static_cast<size_t>(model.offsets[static_cast<size_t>(item)]);
    ASSERT_EQ(model.offsets[static_cast<size_t>(item) + 1] - static_cast<int64_t>(begin), 5);
    EXPECT_TRUE(std::is_sorted(model.columns.begin() + static_cast<int64_t>(begin),
                               model.columns.begin() + static_cast<int64_t>(begin) + 5));
    double least = 1e9;
    for (size_t i = begin; i < begin + 5; ++i) {
      least = std::min(least, std::abs(static_cast<double>(model.values[i])));
    }
    std::vector<double> row;
    for (int32_t other = 0; other < matrix.items(); ++other)
      row.push_back(std::abs(b(item, other)));
    std::sort(row.begin(), row.end(), std::greater<>());
    EXPECT_NEAR(least, row[4], 1e-5);
  }
}

TEST(Ease, RefusesACatalogueThatIsTooLargeAndCanBeCancelled) {
  const RatingMatrix matrix = RandomMatrix(100, 40);
  EXPECT_EQ(TrainEase(matrix, {.max_items = 39}).error().reason, "catalogue_too_large_for_ease");
  EXPECT_FALSE(TrainEase(matrix, {.regularization = 0}).ok());
  EaseOptions options;
  options.proceed = [] { return false; };
  EXPECT_EQ(TrainEase(matrix, options).error().code, Code::kCancelled);
  EXPECT_EQ(TrainEase(RandomMatrix(20, 60), options).error().code, Code::kCancelled);
}

TEST(Train, MakesAModelThatServesEverything) {
  const RatingMatrix matrix = RandomMatrix(100, 40);
  TrainingOptions options = DefaultTrainingOptions(matrix);
  options.ials.factors = 8;
  std::vector<std::string> stages;
  options.progress = [&](const TrainingProgress& progress) {
    if (stages.empty() || stages.back() != progress.stage) stages.emplace_back(progress.stage);
    EXPECT_LE(progress.step, progress.steps);
    return true;
  };
  auto model = Train(matrix, options);
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  EXPECT_EQ(model->algorithm, "ials+ease");
  EXPECT_EQ(stages, (std::vector<std::string>{"ease", "ials", "ratings"}));
  const auto ranker = Ranker::Make(std::move(*model));
  ASSERT_TRUE(ranker.ok()) << ranker.error().ToString();
  const std::vector<RatedItem> history{{0, 5}, {3, 4}, {6, 5}};
  for (const ScoredItem& best : (*ranker)->Recommend(history, 5)) EXPECT_EQ(best.item % 3, 0);
  EXPECT_TRUE((*ranker)->PredictRating(history, 9).has_value());
  EXPECT_EQ((*ranker)->Popular(1)[0].score,
            static_cast<float>(matrix.by_item().RowSize((*ranker)->Popular(1)[0].item)));
}

TEST(Train, FallsBackToIalsOnlyWhenLeftTheChoice) {
  const RatingMatrix matrix = RandomMatrix(100, 40);
  TrainingOptions options = DefaultTrainingOptions(matrix);
  options.ials.factors = 8;
  options.ease.max_items = 10;
  EXPECT_EQ(Train(matrix, options)->algorithm, "ials");
  options.algorithm = RankingAlgorithm::kIalsEase;
  EXPECT_EQ(Train(matrix, options).error().reason, "catalogue_too_large_for_ease");
  options.train_ranking = false;
  EXPECT_EQ(Train(matrix, options)->algorithm, "biased_als");
  options.train_ratings = false;
  EXPECT_EQ(Train(matrix, options).error().reason, "nothing_to_train");
}

TEST(Train, IsCancelledInEachStage) {
  const RatingMatrix matrix = RandomMatrix(100, 40);
  for (const std::string_view stage : {"ease", "ials", "ratings"}) {
    TrainingOptions options = DefaultTrainingOptions(matrix);
    options.progress = [stage](const TrainingProgress& progress) {
      return progress.stage != stage;
    };
    EXPECT_EQ(Train(matrix, options).error().code, Code::kCancelled) << stage;
  }
}

TEST(RankingAlgorithm, HasANameThatParses) {
  for (const RankingAlgorithm algorithm : {RankingAlgorithm::kAuto, RankingAlgorithm::kIals,
                                           RankingAlgorithm::kEase, RankingAlgorithm::kIalsEase}) {
    EXPECT_EQ(*ParseRankingAlgorithm(Name(algorithm)), algorithm);
  }
  EXPECT_FALSE(ParseRankingAlgorithm("svd").ok());
}

// ---- Quality on ml-latest-small
// ------------------------------------------------------------------

// MARQUEE_SHARED, or ../shared from the repository's root, where ctest runs.
std::filesystem::path MovieLens() {
  const char* given = std::getenv("MARQUEE_SHARED");
  const std::filesystem::path shared = given != nullptr ? given : "../shared";
  return shared / "data" / "ml-latest-small" / "ratings.csv";
}

class Quality : public testing::Test {
 protected:
  void SetUp() override {
    std::ifstream file(MovieLens());
    if (!file) GTEST_SKIP() << "skipped: " << MovieLens() << " is not there";
    std::vector<int64_t> users;
    std::vector<int64_t> items;
    std::vector<float> values;
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
      long long user = 0;
      long long item = 0;
      float value = 0;
      ASSERT_EQ(std::sscanf(line.c_str(), "%lld,%lld,%f", &user, &item, &value), 3) << line;
      users.push_back(user);
      items.push_back(item);
      values.push_back(value);
    }
    ratings_ = *RatingMatrix::Build(users, items, values);
    ASSERT_EQ(ratings_.nonzeros(), 100'836);
  }

  double NdcgOverPopularity(const RatingMatrix& train, const UserSplit& split,
                            TrainingOptions options) const {
    options.train_ratings = false;
    auto model = Train(train, options);
    EXPECT_TRUE(model.ok());
    const auto ranker = *Ranker::Make(std::move(*model));
    const RankingMetrics served = EvaluateRanking(
        split.held_out, ratings_.items(),
        [&](std::span<const RatedItem> given, int n) { return ranker->Recommend(given, n); });
    const RankingMetrics popular =
        EvaluateRanking(split.held_out, ratings_.items(), PopularityBaseline(train));
    RecordProperty("ndcg_at_100", std::to_string(served.ndcg_at_100));
    return served.ndcg_at_100 / popular.ndcg_at_100;
  }

  RatingMatrix ratings_;
};

// One fold of `evaluate --task ranking`; all five give 1.94 (see README.md).
TEST_F(Quality, RanksWellAboveImplicitsQuality) {
  const UserSplit split = SplitUsers(ratings_, 5, 0, 1);
  TrainingOptions options = DefaultTrainingOptions(split.train);
  EXPECT_GE(NdcgOverPopularity(split.train, split, options), 1.82);
  options.algorithm = RankingAlgorithm::kIals;
  EXPECT_GE(NdcgOverPopularity(split.train, split, options), 1.82);
}

TEST_F(Quality, PredictsRatingsBetterThanSvdPlusPlus) {
  const auto report = CrossValidateRatings(
      ratings_, 5, 1, [](const RatingMatrix& train) -> Result<PredictFunction> {
        ASSIGN_OR_RETURN(BiasedAlsModel model, TrainBiasedAls(train, {}));
        auto shared = std::make_shared<const BiasedAlsModel>(std::move(model));
        return PredictFunction(
            [shared](int32_t user, int32_t item) { return shared->Predict(user, item); });
      });
  ASSERT_TRUE(report.ok());
  EXPECT_LE(report->mean.rmse, 0.852);
  EXPECT_LT(report->mean.rmse, report->baseline.rmse - 0.015);
}

}  // namespace
}  // namespace marquee::models
