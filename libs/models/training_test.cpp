// EASE against its definition, fits of every algorithm, and their quality on real data.
#include "models/fitting.h"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "models/cross_validation.h"
#include "models/ease/ease.h"
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

// ---- The seam -----------------------------------------------------------------------------------

class SeamTest : public testing::TestWithParam<std::string> {
 protected:
  const RatingMatrix matrix_ = RandomMatrix(100, 40);
  const std::vector<RatedItem> history_{{0, 5}, {3, 4}, {6, 5}};
};

TEST_P(SeamTest, AreFittedScoredAndExplained) {
  std::vector<double> progress;
  const auto ranker = *FitRanker(GetParam(), matrix_, {}, {.progress = [&](double done) {
                                   progress.push_back(done);
                                   return true;
                                 }});
  EXPECT_TRUE(std::is_sorted(progress.begin(), progress.end()));
  for (const double done : progress) EXPECT_LE(done, 1);
  const auto scores = ranker->ScoreAll(history_);
  const auto profile = ranker->Read(history_);
  // What doesn't depend on the history is what its absence scores.
  const auto nobody = ranker->ScoreAll({});
  for (int32_t item = 0; item < ranker->items(); ++item) {
    const auto at = static_cast<size_t>(item);
    EXPECT_NEAR(profile->Score(item), scores[at], 1e-5F);
    const auto explanation = ranker->Explain(history_, {&item, 1}).front();
    EXPECT_NEAR(explanation.score + nobody[at], scores[at], 1e-4F) << item;
  }
  for (const ScoredItem& similar : ranker->Similar(0, 5)) EXPECT_NE(similar.item, 0);
}

TEST_P(SeamTest, AreTheSameForAnyNumberOfThreads) {
  const auto one = *FitRanker(GetParam(), matrix_, {}, {.threads = 1});
  const auto two = *FitRanker(GetParam(), matrix_, {}, {.threads = 2});
  const auto scores = one->ScoreAll(history_);
  const auto others = two->ScoreAll(history_);
  // OpenBLAS adds in another order on another number of threads; all else is equal to the bit.
  const float slack = GetParam().find("ease") == std::string::npos ? 0 : 1e-6F;
  for (size_t item = 0; item < scores.size(); ++item)
    EXPECT_NEAR(scores[item], others[item], slack) << item;
}

TEST_P(SeamTest, KeepTheirParametersUnderTheirOwnPrefix) {
  const Model model = *Fit(GetParam(), matrix_, {}, {});
  const auto parts = Parts(GetParam());
  const auto owned = [&](std::string_view name) {
    const auto task = *TaskOf(GetParam());
    return name.starts_with(std::string(task) + ".") ||
           std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
             return name.starts_with(std::string(part) + ".");
           });
  };
  for (const Tensor& tensor : model.parameters.tensors)
    EXPECT_TRUE(owned(tensor.name)) << tensor.name;
  for (const auto& [name, number] : model.parameters.numbers) EXPECT_TRUE(owned(name)) << name;
  const auto options = *OptionsOf(GetParam(), matrix_);
  for (const Option& option : options) {
    EXPECT_TRUE(owned(option.name)) << option.name;
    EXPECT_LE(option.lowest, option.value) << option.name;
    EXPECT_LE(option.value, option.highest) << option.name;
    for (const double value : option.search) {
      EXPECT_TRUE(option.lowest <= value && value <= option.highest) << option.name;
      EXPECT_NE(value, option.value) << option.name;
    }
  }
}

TEST_P(SeamTest, AreCancelled) {
  const auto reports = std::make_shared<int>(0);
  const auto model = Fit(GetParam(), matrix_, {}, {.progress = [=](double) {
                           ++*reports;
                           return false;
                         }});
  EXPECT_TRUE(model.ok() ? *reports == 0 : model.error().code == Code::kCancelled);
}

std::vector<std::string> EachAndBlends() {
  std::vector<std::string> names{"ials+ease", "ease+popularity"};
  for (const std::string_view name : models::Algorithms()) names.emplace_back(name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Each, SeamTest, testing::ValuesIn(EachAndBlends()), [](const auto& info) {
  std::string name = info.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !isalnum(c); }, '_');
  return name;
});

TEST(Fit, TakesOptionsByNameWithinTheirBounds) {
  const RatingMatrix matrix = RandomMatrix(100, 40);
  const Model model = *Fit("ials+ease", matrix, {{"ials.factors", 8}, {"ease.weight", 3}}, {});
  EXPECT_EQ(model.parameters.Matrix("ials.item_factors", 40)->columns, 8);
  EXPECT_EQ(*model.parameters.Number("ease.weight"), 3);
  EXPECT_EQ(Fit("ials", matrix, {{"ials.factors", 0}}, {}).error().reason, "option_out_of_range");
  EXPECT_EQ(Fit("ials", matrix, {{"ials.factors", NAN}}, {}).error().reason, "option_out_of_range");
  EXPECT_EQ(Fit("ials", matrix, {{"ease.neighbours", 5}}, {}).error().reason, "unknown_option");
  EXPECT_EQ(Fit("ials", matrix, {{"ials.weight", 2}}, {}).error().reason, "unknown_option")
      << "alone, a weight changes nothing";
  EXPECT_EQ(Fit("svd", matrix, {}, {}).error().reason, "unknown_algorithm");
  EXPECT_EQ(Fit("ials", RatingMatrix(), {}, {}).error().reason, "no_observations");
}

TEST(Resolve, AutoIsTheFirstOfTheTaskThatTheDataAllow) {
  const Task& ranking = *FindTask(kRanking);
  const Task& rating = *FindTask(kRating);
  const RatingMatrix small = RandomMatrix(100, 40);
  EXPECT_EQ(*Resolve(ranking, "auto", small), "ials+ease");
  EXPECT_EQ(*Resolve(rating, "auto", small), "bayesian_mf");
  EXPECT_EQ(*Resolve(ranking, "ease", small), "ease");
  EXPECT_EQ(Resolve(ranking, "biased_als", small).error().reason, "unknown_algorithm");
  EXPECT_EQ(Resolve(ranking, "svd", small).error().field, "algorithm");

  SparseRows rows;  // three users who have each seen more than EASE takes
  const int32_t items = EaseOptions().max_items + 1;
  std::vector<int64_t> ids;
  for (int32_t item = 0; item < items; ++item) ids.push_back(item);
  for (int user = 0; user < 3; ++user) {
    for (int32_t item = 0; item < items; ++item) rows.columns.push_back(item);
    rows.values.resize(rows.columns.size(), 4);
    rows.offsets.push_back(rows.nonzeros());
  }
  const auto large = RatingMatrix::FromRows({1, 2, 3}, std::move(ids), std::move(rows));
  EXPECT_EQ(*Resolve(ranking, "auto", large), "ials");
  EXPECT_EQ(Fit("ials+ease", large, {}, {}).error().reason, "catalogue_too_large_for_ease");
}

// ---- Quality on ml-latest-small -----------------------------------------------------------------

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

  double NdcgOverPopularity(const UserSplit& split, const std::string& algorithm) const {
    const auto ndcg = [&](const std::string& name) {
      const auto ranker = *FitRanker(name, split.train, {}, {});
      return EvaluateRanking(split.held_out, ratings_.items(), RankBy(ranker, split.train))
          .ndcg_at_100;
    };
    const double served = ndcg(algorithm);
    RecordProperty("ndcg_at_100", std::to_string(served));
    return served / ndcg("popularity");
  }

  RatingMatrix ratings_;
};

// One fold of `evaluate --task ranking`; all five give 1.94 (see README.md).
TEST_F(Quality, RanksWellAboveImplicitsQuality) {
  const UserSplit split = SplitUsers(ratings_, 5, 0, 1);
  EXPECT_GE(NdcgOverPopularity(split, "ials+ease"), 1.82);
  EXPECT_GE(NdcgOverPopularity(split, "ials"), 1.82);
}

TEST_F(Quality, PredictsRatingsBetterThanSvdPlusPlus) {
  const auto fit = [](const RatingMatrix& train) { return FitRanker("biased_als", train, {}, {}); };
  const auto biases = [](const RatingMatrix& train) {
    return FitRanker("biased_als", train, {{"biased_als.factors", 0}}, {});
  };
  const std::vector<Method> methods{{"als", fit}, {"biases", biases}};
  const auto reports =
      CrossValidateRatings([&](int fold) { return SplitRatings(ratings_, 5, fold, 1); }, methods);
  ASSERT_TRUE(reports.ok());
  EXPECT_LE(reports->front().mean.rmse, 0.852);
  EXPECT_LT(reports->front().mean.rmse, reports->back().mean.rmse - 0.015);
}

// One fold of `evaluate --task rating`, without genres and years (tests/e2e/test_quality.py has all
// five with them).
TEST_F(Quality, BayesianPredictionsAreBetterStillAndKnowHowSureTheyAre) {
  const RatingSplit split = SplitRatings(ratings_, 5, 0, 1);
  const auto ranker = *FitRanker("bayesian_mf", split.train, {}, {});
  const RatingMetrics metrics = EvaluateRatings(split.held_out, PredictBy(ranker, split.train));
  EXPECT_LE(metrics.rmse, 0.82);
  EXPECT_LE(metrics.mae, 0.63);
  ASSERT_TRUE(metrics.predictive);
  EXPECT_NEAR(metrics.predictive->coverage[0], 0.515, 0.035);
  EXPECT_NEAR(metrics.predictive->coverage[1], 0.81, 0.03);
  EXPECT_NEAR(metrics.predictive->coverage[2], 0.905, 0.025);
  EXPECT_LE(metrics.predictive->log_loss, 1.60);
}

}  // namespace
}  // namespace marquee::models
