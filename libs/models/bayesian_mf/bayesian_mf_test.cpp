// Bayesian matrix factorization: its draws, its fold-in against the formula, and what it makes of
// data from its own model and of data that it shouldn't be given.
#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>
#include <limits>

#include "models/bayesian_mf/convergence.h"
#include "models/bayesian_mf/fold_in.h"
#include "models/bayesian_mf/gibbs.h"
#include "models/bayesian_mf/sampler.h"
#include "models/bayesian_mf/star_habit.h"
#include "models/content.h"
#include "models/evaluation.h"
#include "models/fitting.h"
#include "models/random.h"

namespace marquee::models::bayesian_mf {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

TEST(Sampler, DrawsWhatItSays) {
  Sampler sampler(1, 2, Site::kUsers, 3);
  constexpr int kDraws = 40'000;
  double sum = 0;
  double squares = 0;
  double gammas = 0;
  double small_gammas = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = sampler.Normal();
    sum += x;
    squares += x * x;
    gammas += sampler.Gamma(6, 2);
    small_gammas += sampler.Gamma(0.4, 2);
  }
  EXPECT_NEAR(sum / kDraws, 0, 0.02);
  EXPECT_NEAR(squares / kDraws, 1, 0.03);
  EXPECT_NEAR(gammas / kDraws, 3, 0.03);
  EXPECT_NEAR(small_gammas / kDraws, 0.2, 0.01);

  MatrixXd inverse_scale(3, 3);
  inverse_scale << 2, 0.5, 0, 0.5, 1, 0.2, 0, 0.2, 3;
  constexpr double kDegrees = 7;
  MatrixXd mean = MatrixXd::Zero(3, 3);
  double spread = 0;  // of the last diagonal entry: 2·ν·V²
  const MatrixXd scale = inverse_scale.inverse();
  constexpr int kMatrices = 20'000;
  for (int i = 0; i < kMatrices; ++i) {
    const MatrixXd drawn = sampler.Wishart(inverse_scale, kDegrees);
    mean += drawn / kMatrices;
    spread += std::pow(drawn(2, 2) - kDegrees * scale(2, 2), 2) / kMatrices;
  }
  EXPECT_LT((mean - kDegrees * scale).cwiseAbs().maxCoeff(), 0.1);
  EXPECT_NEAR(spread / (2 * kDegrees * std::pow(scale(2, 2), 2)), 1, 0.08);
}

TEST(Sampler, DependsOnThePlaceInTheChainAlone) {
  EXPECT_EQ(Sampler(1, 2, Site::kUsers, 3).Normal(), Sampler(1, 2, Site::kUsers, 3).Normal());
  const double one = Sampler(1, 2, Site::kUsers, 3).Normal();
  EXPECT_NE(one, Sampler(2, 2, Site::kUsers, 3).Normal());
  EXPECT_NE(one, Sampler(1, 3, Site::kUsers, 3).Normal());
  EXPECT_NE(one, Sampler(1, 2, Site::kItems, 3).Normal());
  EXPECT_NE(one, Sampler(1, 2, Site::kUsers, 4).Normal());
}

// ---- Fold-in ------------------------------------------------------------------------------------

class FoldInTest : public testing::Test {
 protected:
  static constexpr int kItems = 30;
  static constexpr int kFactors = 3;

  FoldInTest() {
    for (size_t i = 0; i < kItems * kFactors; ++i) {
      factors_.push_back(0.4F * NormalAt(1, i));
      factor_variances_.push_back(0.02F + 0.1F * std::abs(NormalAt(2, i)));
    }
    for (size_t i = 0; i < kItems; ++i) {
      bias_.push_back(0.5F * NormalAt(3, i));
      bias_variance_.push_back(0.05F);
    }
    items_ = {.mean = 3.5F,
              .item_bias = bias_,
              .item_factors = {factors_.data(), kItems, kFactors},
              .item_bias_variance = bias_variance_,
              .item_factor_variances = {factor_variances_.data(), kItems, kFactors},
              .new_item_mean = new_mean_,
              .new_item_variances = new_variances_,
              .user_mean = VectorXd::Constant(kFactors + 1, 0.1),
              .user_precision = 4 * MatrixXd::Identity(kFactors + 1, kFactors + 1) +
                                MatrixXd::Constant(kFactors + 1, kFactors + 1, 0.5),
              .noise_precision = 2,
              .noise_shape = 3};
  }

  VectorXd Input(int32_t item) const {
    VectorXd x(kFactors + 1);
    x[0] = 1;
    for (int c = 0; c < kFactors; ++c)
      x[c + 1] = static_cast<double>(items_.item_factors.Row(item)[static_cast<size_t>(c)]);
    return x;
  }
  VectorXd Variances(int32_t item) const {
    VectorXd v(kFactors + 1);
    v[0] = static_cast<double>(bias_variance_[static_cast<size_t>(item)]);
    for (int c = 0; c < kFactors; ++c)
      v[c + 1] =
          static_cast<double>(items_.item_factor_variances.Row(item)[static_cast<size_t>(c)]);
    return v;
  }
  double Target(const RatedItem& rated) const {
    return static_cast<double>(rated.rating) - 3.5 -
           static_cast<double>(bias_[static_cast<size_t>(rated.item)]);
  }

  std::vector<float> factors_;
  std::vector<float> factor_variances_;
  std::vector<float> bias_;
  std::vector<float> bias_variance_;
  std::vector<float> new_mean_{-0.2F, 0.1F, 0, 0};
  std::vector<float> new_variances_{0.3F, 0.1F, 0.1F, 0.1F};
  ItemPosterior items_;
  std::vector<RatedItem> history_{{3, 5}, {7, 1.5F}, {12, 4}, {99, 5}, {20, 3}, {-4, 1}, {21, 2}};
};

TEST_F(FoldInTest, IsTheFormulaOfItsHeader) {
  double a = 2;
  VectorXd z;
  MatrixXd inverse;
  double rate = 0;
  const double shape = 3 + 5.0 / 2;
  for (int estimate = 0; estimate < 3; ++estimate) {
    MatrixXd system = items_.user_precision;
    VectorXd right = items_.user_precision * items_.user_mean;
    for (const RatedItem& rated : history_) {
      if (!items_.Knows(rated.item)) continue;
      const VectorXd x = Input(rated.item);
      MatrixXd v = Variances(rated.item).asDiagonal();
      v(0, 0) = 0;
      system += a * (x * x.transpose() + v);
      right += a * Target(rated) * x;
    }
    inverse = system.inverse();
    z = inverse * right;
    if (estimate == 2) break;
    double s = 0;
    for (const RatedItem& rated : history_) {
      if (!items_.Knows(rated.item)) continue;
      const VectorXd x = Input(rated.item);
      const VectorXd v = Variances(rated.item);
      s += std::pow(Target(rated) - z.dot(x), 2) + x.dot(inverse * x) + v[0] +
           v.tail(kFactors).dot(z.tail(kFactors).cwiseAbs2());
    }
    rate = 3.0 / 2 + s / 2;
    a = shape / rate;
  }
  const UserPosterior user(items_, history_);
  for (const int32_t item : {0, 3, 29}) {
    const VectorXd x = Input(item);
    const VectorXd v = Variances(item);
    const double mean = 3.5 + static_cast<double>(bias_[static_cast<size_t>(item)]) + z.dot(x);
    EXPECT_NEAR(user.Mean(item), mean, 1e-9);
    EXPECT_NEAR(user.Variance(item),
                x.dot(inverse * x) + v[0] + v.tail(kFactors).dot(z.tail(kFactors).cwiseAbs2()) +
                    rate / (shape - 1),
                1e-9);
  }
}

TEST_F(FoldInTest, SharesAddUpToWhatTheHistoryChanges) {
  const UserPosterior user(items_, history_);
  const UserPosterior nobody(items_, {});
  for (const int32_t item : {0, 7, 29, -1, 1000}) {
    std::vector<float> shares(history_.size(), 0);
    user.AddShares(item, history_, 2, shares);
    double sum = 0;
    for (const float share : shares) sum += static_cast<double>(share);
    EXPECT_NEAR(sum, 2 * (user.Mean(item) - nobody.Mean(item)), 1e-5) << item;
    EXPECT_EQ(shares[3], 0) << "an item that isn't known";
  }
}

TEST_F(FoldInTest, KnowsLessOfAStrangerAndOfANewMovie) {
  const UserPosterior nobody(items_, {});
  std::vector<RatedItem> unsurprising;
  for (const int32_t item : {0, 1, 2, 3, 4, 6, 7, 8, 9, 10})
    unsurprising.push_back({item, static_cast<float>(nobody.Mean(item))});
  const UserPosterior user(items_, unsurprising);
  EXPECT_NEAR(nobody.Mean(5), 3.5 + static_cast<double>(bias_[5]) + items_.user_mean.dot(Input(5)),
              1e-9);
  EXPECT_GT(nobody.Variance(5), user.Variance(5));
  EXPECT_GT(user.Variance(-1), user.Variance(5));
}

// ---- Convergence --------------------------------------------------------------------------------

TEST(Judge, AveragesSweepsAndSeesWhenTheyGetNoBetter) {
  const std::vector<HeldOutRating> held{{0, 0, 3}, {0, 1, 4}};
  Judge all(held, 0);
  EXPECT_DOUBLE_EQ(all.Add({2, 3}), 1);
  EXPECT_DOUBLE_EQ(all.Add({4, 5}), 0) << "their mean";
  Judge last(held, 1);
  last.Add({2, 3});
  EXPECT_DOUBLE_EQ(last.Add({4, 5}), 1) << "the last one alone";
  EXPECT_DOUBLE_EQ(last.Add({9, -9}), std::sqrt((4 + 3.5 * 3.5) / 2)) << "within the scale";
  EXPECT_EQ(Judge({}, 0).Add({}), 0);

  Judge settles(held, 0);
  EXPECT_FALSE(settles.Settled(0.9));
  EXPECT_FALSE(settles.Settled(0.8999)) << "once";
  EXPECT_FALSE(settles.Settled(0.88)) << "better again";
  EXPECT_FALSE(settles.Settled(0.88));
  EXPECT_TRUE(settles.Settled(0.8795)) << "twice in a row";
}

// Ratings from the model itself, rounded to half stars.
struct Generated {
  RatingMatrix matrix;
  std::vector<std::vector<float>> mean;  // [users][items]
};

Generated Generate(int users, int items, double density, double noise) {
  constexpr size_t kTrueFactors = 3;
  const auto normal = [](uint64_t of, int row, size_t c) {
    return NormalAt(of, static_cast<size_t>(row) * 8 + c);
  };
  Generated generated;
  std::vector<int64_t> u;
  std::vector<int64_t> i;
  std::vector<float> v;
  Random random(5);
  for (int user = 0; user < users; ++user) {
    auto& means = generated.mean.emplace_back();
    for (int item = 0; item < items; ++item) {
      float mean = 3.2F + 0.4F * normal(11, user, 7) + 0.4F * normal(12, item, 7);
      for (size_t c = 0; c < kTrueFactors; ++c)
        mean += 0.4F * normal(11, user, c) * normal(12, item, c);
      means.push_back(mean);
      const float given =
          mean + static_cast<float>(noise) * NormalAt(13, static_cast<size_t>(user * items + item));
      if (random.Uniform() > density) continue;
      u.push_back(user);
      i.push_back(1'000 * item);
      v.push_back(StarsOf(StarValueOf(given)));
    }
  }
  generated.matrix = *RatingMatrix::Build(u, i, v);
  return generated;
}

TEST(BayesianMf, FindsWhatTheDataWereMadeOfAndHowSureItCanBe) {
  const Generated generated = Generate(300, 120, 0.25, 0.6);
  const RatingSplit split = SplitRatings(generated.matrix, 5, 0, 1);
  const auto judge = [&](std::string_view algorithm, const OptionValues& options) {
    return EvaluateRatings(split.held_out,
                           PredictBy(*FitRanker(algorithm, split.train, options, {}), split.train));
  };
  const RatingMetrics bayes = judge("bayesian_mf", {});
  const RatingMetrics als = judge("biased_als", {});
  const RatingMetrics biases = judge("biased_als", {{"biased_als.factors", 0}});
  EXPECT_LT(bayes.rmse, 0.98 * als.rmse);
  EXPECT_LT(bayes.rmse, 0.93 * biases.rmse);
  EXPECT_LT(bayes.rmse, 0.76) << "noise and rounding leave 0.62";
  ASSERT_TRUE(bayes.predictive);
  EXPECT_FALSE(als.predictive);
  for (size_t i = 0; i < kIntervals.size(); ++i)
    EXPECT_NEAR(bayes.predictive->coverage[i], kIntervals[i].share, 0.04) << i;
  EXPECT_LT(bayes.predictive->log_loss, std::log(10.0) - 0.5);
}

TEST(BayesianMf, IsTheSameForAnyNumberOfThreads) {
  const RatingMatrix matrix = Generate(500, 200, 0.6, 0.6).matrix;
  ASSERT_GT(matrix.nonzeros(), 2 * 20'000) << "several chunks";
  const std::vector<RatedItem> history{{0, 5}, {3, 4}, {6, 5}};
  const OptionValues few{{"bayesian_mf.least_sweeps", 4}, {"bayesian_mf.most_sweeps", 8}};
  const auto scores = [&](int threads) {
    return (*FitRanker("bayesian_mf", matrix, few, {.threads = threads}))->ScoreAll(history);
  };
  const auto one = scores(1);
  EXPECT_EQ(one, scores(2));
  EXPECT_EQ(one, scores(5));
}

TEST(BayesianMf, TellsHowItConvergesAndStopsWhenItHas) {
  const RatingMatrix matrix = Generate(300, 120, 0.25, 0.6).matrix;
  std::vector<Measured> curve;
  ASSERT_TRUE(Fit("bayesian_mf", matrix, {},
                  {.measured =
                       [&](const Measured& one) {
                         EXPECT_EQ(one.name, "bayesian_mf.held_out_rmse");
                         curve.push_back(one);
                       }})
                  .ok());
  const GibbsOptions defaults;
  ASSERT_GE(curve.size(), static_cast<size_t>(2 * defaults.least_sweeps));
  EXPECT_LT(curve.size(), static_cast<size_t>(2 * defaults.most_sweeps));
  EXPECT_EQ(curve.back().step, static_cast<int>(curve.size()));
  EXPECT_LT(curve.back().value, 0.9 * curve.front().value);
}

TEST(HoldOut, TakesAShareOfManyRatingsAndNoneOfFew) {
  const RatingMatrix matrix = Generate(300, 120, 0.25, 0.6).matrix;
  const RatingSplit split = HoldOut(matrix, 0.02, 20'000, 1);
  EXPECT_NEAR(static_cast<double>(split.held_out.size()) / static_cast<double>(matrix.nonzeros()),
              0.02, 0.006);
  EXPECT_EQ(split.train.nonzeros() + static_cast<int64_t>(split.held_out.size()),
            matrix.nonzeros());
  EXPECT_NEAR(static_cast<double>(HoldOut(matrix, 0.05, 60, 1).held_out.size()), 60, 30);
  EXPECT_TRUE(HoldOut(matrix, 0, 20'000, 1).held_out.empty());
  const RatingMatrix few = Generate(30, 20, 0.5, 0.6).matrix;
  EXPECT_EQ(HoldOut(few, 0.02, 20'000, 1).train.nonzeros(), few.nonzeros());
}

// ---- The star habit -----------------------------------------------------------------------------

TEST(StarHabit, KnowsWhoNeverGivesHalves) {
  std::vector<int64_t> users;
  std::vector<int64_t> items;
  std::vector<float> values;
  for (int user = 0; user < 40; ++user) {
    for (int item = 0; item < 30; ++item) {
      users.push_back(user);
      items.push_back(item);
      const auto step = static_cast<float>((user * 7 + item * 3) % 4);
      values.push_back(user % 2 == 0 ? 2 + step : 2 + step / 2);
    }
  }
  const RatingMatrix matrix = *RatingMatrix::Build(users, items, values);
  const StarHabits habits = Measure(matrix);
  std::vector<RatedItem> whole;
  for (int32_t item = 0; item < 30; ++item)
    whole.push_back({item, matrix.by_user().RowValues(0)[static_cast<size_t>(item)]});
  const StarDistribution plain = RoundedNormal(3.4, 0.9);
  const StarDistribution own = StarHabit(habits, whole).Apply(plain);
  const StarDistribution everybodys = StarHabit(habits, {}).Apply(plain);
  const size_t half = StarValueOf(3.5F);
  EXPECT_LT(own[half], 0.4 * plain[half]);
  EXPECT_LT(own[half], everybodys[half]);
  EXPECT_GT(own[StarValueOf(4)], plain[StarValueOf(4)]);
  for (const auto& distribution : {plain, own, everybodys}) {
    double sum = 0;
    for (const double share : distribution) sum += share;
    EXPECT_NEAR(sum, 1, 1e-12);
  }
}

// ---- What it shouldn't be given -----------------------------------------------------------------

struct BadInput {
  std::string name;
  std::vector<int64_t> users;
  std::vector<int64_t> items;
  std::vector<float> values;
};

std::vector<BadInput> BadInputs() {
  std::vector<BadInput> inputs;
  const auto add = [&](std::string name) -> BadInput& {
    return inputs.emplace_back(BadInput{std::move(name), {}, {}, {}});
  };
  const auto rate = [](BadInput& input, int64_t user, int64_t item, float value) {
    input.users.push_back(user);
    input.items.push_back(item);
    input.values.push_back(value);
  };
  BadInput& constant = add("constant");
  for (int n = 0; n < 2'000; ++n) rate(constant, n % 50, n % 41, 4);
  BadInput& one_user = add("one_user");
  for (int item = 0; item < 200; ++item)
    rate(one_user, 7, item, StarsOf(static_cast<size_t>(item) % kStarValues));
  BadInput& one_item = add("one_item");
  for (int user = 0; user < 200; ++user)
    rate(one_item, user, 7, StarsOf(static_cast<size_t>(user) % kStarValues));
  rate(add("one_rating"), 1, 1, 5);
  BadInput& everything = add("ten_thousand_films_by_one_person");
  for (int item = 0; item < 10'000; ++item)
    rate(everything, 1, item, StarsOf(static_cast<size_t>(item * 7 % 10)));
  for (int user = 2; user < 30; ++user) rate(everything, user, user, 3);
  BadInput& gaps = add("ids_with_gaps");
  for (int n = 0; n < 1'500; ++n) {
    rate(gaps, (n % 60) * 1'000'000'007LL - (1LL << 40), (n % 37) * 99'991LL,
         StarsOf(static_cast<size_t>(n * 3 % 10)));
  }
  BadInput& twice = add("duplicates");
  for (int n = 0; n < 1'000; ++n) rate(twice, n % 5, n % 7, StarsOf(static_cast<size_t>(n) % 10));
  BadInput& extremes = add("extremes");
  for (int n = 0; n < 1'800; ++n) rate(extremes, n % 60, n % 59, n % 2 == 0 ? 0.5F : 5);
  return inputs;
}

class BadInputTest : public testing::TestWithParam<BadInput> {};

TEST_P(BadInputTest, IsPredictedFromAllTheSame) {
  const auto matrix = RatingMatrix::Build(GetParam().users, GetParam().items, GetParam().values);
  ASSERT_TRUE(matrix.ok());
  const auto ranker =
      FitRanker("bayesian_mf", *matrix,
                {{"bayesian_mf.least_sweeps", 6}, {"bayesian_mf.most_sweeps", 6}}, {});
  ASSERT_TRUE(ranker.ok()) << ranker.error().ToString();
  std::vector<RatedItem> history;
  for (size_t j = 0; j < static_cast<size_t>(matrix->by_user().RowSize(0)); ++j)
    history.push_back({matrix->by_user().RowColumns(0)[j], matrix->by_user().RowValues(0)[j]});
  for (const auto& given : {history, std::vector<RatedItem>{}, std::vector<RatedItem>{{0, 0.5F}}}) {
    const auto profile = (*ranker)->Read(given);
    for (const int32_t item : {0, matrix->items() - 1, -1}) {
      const float stars = profile->Score(item);
      EXPECT_TRUE(stars >= kLowestRating && stars <= kHighestRating) << stars;
      const auto predictive = profile->Predict(item);
      ASSERT_TRUE(predictive);
      EXPECT_TRUE(std::isfinite(predictive->standard_deviation));
      EXPECT_GT(predictive->standard_deviation, 0.1) << "half stars are never surer";
      EXPECT_LE(predictive->Lower(kEighty), predictive->Upper(kEighty));
      double sum = 0;
      for (const double share : predictive->distribution) {
        EXPECT_TRUE(share >= 0 && share <= 1) << share;
        sum += share;
      }
      EXPECT_NEAR(sum, 1, 1e-9);
    }
  }
}

TEST(BadInputTest, ConstantRatingsArePredictedAndSurely) {
  const BadInput constant = BadInputs().front();
  const auto ranker = *FitRanker(
      "bayesian_mf", *RatingMatrix::Build(constant.users, constant.items, constant.values), {}, {});
  const std::vector<RatedItem> history(20, {1, 4});
  const auto predictive = ranker->Read(history)->Predict(3);
  EXPECT_NEAR(predictive->mean, 4, 0.05);
  EXPECT_GT(predictive->distribution[StarValueOf(4)], 0.9);
}

TEST(BadInputTest, NothingRatedOrNoNumberIsAnError) {
  EXPECT_EQ(Fit("bayesian_mf", RatingMatrix(), {}, {}).error().reason, "no_observations");
  const RatingMatrix matrix = Generate(20, 10, 0.5, 0.6).matrix;
  const std::vector<uint8_t> none(static_cast<size_t>(matrix.nonzeros()), 0);
  EXPECT_EQ(Fit("bayesian_mf", matrix.Select(none), {}, {}).error().reason, "no_observations");
  EXPECT_EQ(RatingMatrix::Build(std::vector<int64_t>{1}, std::vector<int64_t>{1},
                                std::vector<float>{std::numeric_limits<float>::quiet_NaN()})
                .error()
                .reason,
            "value_not_finite");
}

INSTANTIATE_TEST_SUITE_P(Each, BadInputTest, testing::ValuesIn(BadInputs()),
                         [](const auto& info) { return info.param.name; });

// ---- What is loaded -----------------------------------------------------------------------------

TEST(Load, RefusesWhatIsNoPosterior) {
  const RatingMatrix matrix = Generate(40, 30, 0.5, 0.6).matrix;
  const Model model = *Fit("bayesian_mf", matrix,
                           {{"bayesian_mf.least_sweeps", 2}, {"bayesian_mf.most_sweeps", 2}}, {});
  ASSERT_TRUE(Ranker::Make(model).ok());
  const auto refused = [&](const std::string& told, const auto& change) {
    Model other = model;
    change(other.parameters);
    const auto made = Ranker::Make(other);
    ASSERT_FALSE(made.ok()) << told;
    EXPECT_EQ(made.error().reason, "model_unfit");
    EXPECT_NE(made.error().message.find(told), std::string::npos) << made.error().message;
  };
  for (const Tensor& tensor : model.parameters.tensors) {
    refused(tensor.name, [&](Parameters& parameters) {
      std::erase_if(parameters.tensors, [&](const Tensor& one) { return one.name == tensor.name; });
    });
  }
  for (const char* name :
       {"bayesian_mf.variance", "bayesian_mf.noise_precision", "bayesian_mf.noise_shape"}) {
    refused(name, [&](Parameters& parameters) { parameters.numbers[name] = 0; });
    refused(name, [&](Parameters& parameters) { parameters.numbers.erase(name); });
  }
  const auto replace = [](Parameters& parameters, std::string_view name, auto change) {
    for (Tensor& tensor : parameters.tensors) {
      if (tensor.name != name) continue;
      std::vector<float> values(tensor.f32().begin(), tensor.f32().end());
      change(values);
      tensor = Tensor::Of(tensor.name, tensor.shape,
                          std::span<const float>(parameters.Keep(std::move(values))));
    }
  };
  for (const char* name : {"bayesian_mf.item_bias_variance", "bayesian_mf.item_factor_variances",
                           "bayesian_mf.new_item_variances", "bayesian_mf.star_habits"}) {
    refused(name, [&](Parameters& parameters) {
      replace(parameters, name, [](std::vector<float>& values) { values[1] = -1; });
    });
  }
  refused("positive definite", [&](Parameters& parameters) {
    replace(parameters, "bayesian_mf.user_precision",
            [](std::vector<float>& values) { values[0] = -1; });
  });
}

// ---- Features and distributions -----------------------------------------------------------------

TEST(ContentFeatures, AreGenresAndDecades) {
  const std::vector<int64_t> ids{10, 20, 30, 40};
  const Content content{{10, {{"Comedy", "Drama"}, 1994}},
                        {20, {{"Drama"}, 2012}},
                        {30, {{}, 0}},
                        {50, {{"Western"}, 1950}}};  // of no item
  const Features features = ContentFeatures(content, ids);
  ASSERT_EQ(features.items, 4);
  ASSERT_EQ(features.columns, 2 + 3) << "two genres; 1990, 2000, 2010";
  const auto row = features.view().Row(0);
  EXPECT_FLOAT_EQ(row[0], 1 / std::sqrt(2.0F));
  EXPECT_FLOAT_EQ(row[1], 1 / std::sqrt(2.0F));
  EXPECT_FLOAT_EQ(row[2], std::exp(-0.25F));
  EXPECT_GT(row[2], row[3]);
  EXPECT_GT(row[3], row[4]);
  EXPECT_FLOAT_EQ(features.view().Row(1)[0] + features.view().Row(1)[1], 1) << "Drama alone";
  for (const int32_t unknown : {2, 3}) {
    for (const float value : features.view().Row(unknown)) EXPECT_EQ(value, 0);
  }
  EXPECT_EQ(ContentFeatures({}, ids).columns, 0);
}

TEST(ContentFeatures, OfManyGenresAreTheMostFrequentAndNoYearIsTakenSeriouslyThatCantBe) {
  Content content;
  std::vector<int64_t> ids;
  for (int64_t id = 0; id < 300; ++id) {
    content[id] = {{"genre " + std::to_string(id % 100), "Drama"}, id == 0 ? 40'000 : 1999};
    ids.push_back(id);
  }
  EXPECT_EQ(ContentFeatures(content, ids).columns, 64 + 1);
}

TEST(Predictive, IsANormalDistributionRoundedToHalfStars) {
  const StarDistribution centred = RoundedNormal(3, 1);
  EXPECT_NEAR(centred[StarValueOf(3)], std::erf(0.25 / std::sqrt(2)), 1e-12);
  EXPECT_NEAR(centred[StarValueOf(2)], centred[StarValueOf(4)], 1e-12);
  EXPECT_NEAR(centred.back(), std::erfc(1.75 / std::sqrt(2)) / 2, 1e-12);
  EXPECT_NEAR(RoundedNormal(9, 0.2).back(), 1, 1e-12);
  const Predictive high{.mean = 4.8, .standard_deviation = 0.5};
  EXPECT_DOUBLE_EQ(high.Upper(kEighty), 5) << "there is no more";
  EXPECT_NEAR(high.Lower(kEighty), 4.8 - 0.5 * 1.2816, 1e-4);
  EXPECT_EQ(StarValueOf(0.5F), 0U);
  EXPECT_EQ(StarValueOf(5), 9U);
  EXPECT_EQ(StarsOf(StarValueOf(3.7F)), 3.5F);
}

}  // namespace
}  // namespace marquee::models::bayesian_mf
