// Fold-in, top-N, the ranker and predicted ratings against slow and obvious oracles.
#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "models/biased_als/biased_als.h"
#include "models/ials/fold_in.h"
#include "models/random.h"
#include "models/ranker.h"
#include "models/top_n.h"

namespace marquee::models {
namespace {

using Factors = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

std::vector<float> RandomFactors(int items, int k) {
  std::vector<float> factors(static_cast<size_t>(items * k));
  // Directions of very different size, as a trained model's.
  for (size_t i = 0; i < factors.size(); ++i) {
    factors[i] = NormalAt(11, i) * 0.3F / (1 + static_cast<float>(i % static_cast<size_t>(k)));
  }
  return factors;
}

Eigen::MatrixXd AsMatrix(const std::vector<float>& factors, int k) {
  return Eigen::Map<const Factors>(factors.data(), static_cast<Eigen::Index>(factors.size()) / k, k)
      .cast<double>();
}

std::vector<float> GramOf(const std::vector<float>& factors, int k) {
  const Eigen::MatrixXd y = AsMatrix(factors, k);
  const Factors gram = (y.transpose() * y).cast<float>();
  return {gram.data(), gram.data() + gram.size()};
}

struct FoldInCase {
  int k;
  int ratings;
  bool diagonal;  // whether the Gram matrix is, as a trained model's
};

void PrintTo(const FoldInCase& tested, std::ostream* out) {
  *out << "k=" << tested.k << " n=" << tested.ratings << " diagonal=" << tested.diagonal;
}

class FoldInOracle : public testing::TestWithParam<FoldInCase> {
 protected:
  static constexpr int kItems = 700;

  void SetUp() override {
    const int k = GetParam().k;
    factors_ = RandomFactors(kItems, k);
    if (GetParam().diagonal) {
      const Eigen::MatrixXd y = AsMatrix(factors_, k);
      const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(y.transpose() * y);
      const Factors rotated = (y * solver.eigenvectors()).cast<float>();
      factors_.assign(rotated.data(), rotated.data() + rotated.size());
    }
    Random random(4);
    for (int j = 0; j < GetParam().ratings; ++j) {
      history_.push_back({(j * 13) % kItems, 0.5F + static_cast<float>(random.Uniform())});
    }
    options_ = {3, 0.7F, 0.4F, 0.5F};
  }

  // A and the b_j of the header, densely and in double.
  Eigen::MatrixXd System() const {
    const Eigen::MatrixXd y = AsMatrix(factors_, GetParam().k);
    Eigen::MatrixXd a = 0.7F * (y.transpose() * y);
    const double base = static_cast<double>(0.7F) * kItems;
    a.diagonal().array() += static_cast<double>(0.4F) *
                            std::pow((static_cast<double>(history_.size()) + base) / base, 0.5);
    for (const Observation& seen : history_) {
      const Eigen::VectorXd item = y.row(seen.item).transpose();
      a += 3 * static_cast<double>(seen.value) * item * item.transpose();
    }
    return a;
  }
  double Target(const Observation& seen) const {
    return static_cast<double>(0.7F) + 3 * static_cast<double>(seen.value);
  }

  std::vector<float> factors_;
  std::vector<Observation> history_;
  FoldInOptions options_;
};

TEST_P(FoldInOracle, SolvesTheNormalEquations) {
  const int k = GetParam().k;
  const auto fold_in = FoldIn::Make({factors_.data(), kItems, k}, GramOf(factors_, k), options_);
  ASSERT_TRUE(fold_in.ok()) << fold_in.error().ToString();
  const Eigen::MatrixXd y = AsMatrix(factors_, k);
  Eigen::VectorXd b = Eigen::VectorXd::Zero(k);
  for (const Observation& seen : history_) b += Target(seen) * y.row(seen.item).transpose();
  const Eigen::VectorXd exact = System().ldlt().solve(b);
  const std::vector<float> solved = fold_in->Solve(history_);
  const Eigen::VectorXd found = Eigen::Map<const Eigen::VectorXf>(solved.data(), k).cast<double>();
  EXPECT_LT((found - exact).norm(), 1e-4 * exact.norm());
}

TEST_P(FoldInOracle, ExplainsEachScoreByContributionsThatSumToIt) {
  const int k = GetParam().k;
  const auto fold_in = FoldIn::Make({factors_.data(), kItems, k}, GramOf(factors_, k), options_);
  ASSERT_TRUE(fold_in.ok());
  const std::vector<int32_t> targets{0, 350, 699};
  const auto assembled = fold_in->Assemble(history_);
  std::vector<float> contributions(targets.size() * history_.size(), 0);
  for (size_t t = 0; t < targets.size(); ++t) {
    fold_in->AddShares(assembled, targets[t], 1,
                       std::span(contributions).subspan(t * history_.size(), history_.size()));
  }
  const std::vector<float> x = fold_in->Solve(history_);
  const Eigen::MatrixXd y = AsMatrix(factors_, k);
  const auto system = System().ldlt();
  for (size_t t = 0; t < targets.size(); ++t) {
    const Eigen::VectorXd direction = system.solve(y.row(targets[t]).transpose());
    double sum = 0;
    double magnitude = 0;
    for (size_t j = 0; j < history_.size(); ++j) {
      const double share = static_cast<double>(contributions[t * history_.size() + j]);
      const double exact = Target(history_[j]) * y.row(history_[j].item).dot(direction);
      EXPECT_NEAR(share, exact, 1e-4 * (std::abs(exact) + 0.01));
      sum += share;
      magnitude += std::abs(share);
    }
    double score = 0;
    for (int c = 0; c < k; ++c) {
      score += static_cast<double>(x[static_cast<size_t>(c)]) * y(targets[t], c);
    }
    EXPECT_NEAR(sum, score, 1e-4 * magnitude);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, FoldInOracle,
                         testing::Values(FoldInCase{64, 1, true}, FoldInCase{64, 9, true},
                                         FoldInCase{64, 63, true}, FoldInCase{64, 64, true},
                                         FoldInCase{64, 300, true}, FoldInCase{64, 9, false},
                                         FoldInCase{64, 300, false}, FoldInCase{10, 3, true},
                                         FoldInCase{10, 15, false}, FoldInCase{10, 40, true},
                                         FoldInCase{128, 50, true}, FoldInCase{128, 500, false},
                                         FoldInCase{1, 5, true}));

TEST(FoldIn, IgnoresUnknownItemsAndWorthlessValues) {
  const std::vector<float> factors = RandomFactors(20, 4);
  const auto fold_in = FoldIn::Make({factors.data(), 20, 4}, GramOf(factors, 4), FoldInOptions{});
  ASSERT_TRUE(fold_in.ok());
  const std::vector<Observation> odd{{-1, 1}, {20, 1}, {3, 0}, {4, -2}, {5, NAN}};
  EXPECT_EQ(fold_in->Solve(odd), std::vector<float>(4, 0));
  EXPECT_EQ(fold_in->Solve(std::vector<Observation>{}), std::vector<float>(4, 0));
  std::vector<Observation> mixed = odd;
  mixed.push_back({7, 1});
  const std::vector<Observation> plain{{7, 1}};
  EXPECT_EQ(fold_in->Solve(mixed), fold_in->Solve(plain));
  std::vector<float> shares(mixed.size(), 0);
  fold_in->AddShares(fold_in->Assemble(mixed), 99, 1, shares);
  EXPECT_EQ(shares, std::vector<float>(6, 0));
  fold_in->AddShares(fold_in->Assemble(mixed), 2, 1, shares);
  EXPECT_EQ(std::count(shares.begin(), shares.end(), 0.0F), 5);
  EXPECT_NE(shares[5], 0);
}

TEST(FoldIn, RefusesWhatCannotBeAModel) {
  const std::vector<float> factors = RandomFactors(20, 4);
  const MatrixView view{factors.data(), 20, 4};
  std::vector<float> gram = GramOf(factors, 4);
  EXPECT_FALSE(FoldIn::Make(view, std::span(gram).first(9), {}).ok());
  EXPECT_FALSE(FoldIn::Make(view, gram, {.alpha = -1}).ok());
  EXPECT_FALSE(FoldIn::Make(view, gram, {.regularization = 0}).ok());
  std::vector<float> bad = gram;
  bad[1] = NAN;
  EXPECT_FALSE(FoldIn::Make(view, bad, {}).ok());
  bad = gram;
  bad[0] = -1;
  EXPECT_FALSE(FoldIn::Make(view, bad, {}).ok());
}

// ---- Top-N --------------------------------------------------------------------------------------

std::vector<ScoredItem> SortedOracle(std::span<const float> scores, size_t n,
                                     const std::vector<int32_t>& excluded, const ItemSet* allowed) {
  std::vector<ScoredItem> all;
  for (int32_t item = 0; item < static_cast<int32_t>(scores.size()); ++item) {
    if (std::find(excluded.begin(), excluded.end(), item) != excluded.end()) continue;
    if (allowed != nullptr && !allowed->Contains(item)) continue;
    all.push_back({item, scores[static_cast<size_t>(item)]});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const ScoredItem& a, const ScoredItem& b) { return a.score > b.score; });
  all.resize(std::min(all.size(), n));
  return all;
}

TEST(TopN, EqualsAFullSortUnderEveryFilter) {
  constexpr int kItems = 5'000;
  Random random(9);
  std::vector<float> scores(kItems);
  for (float& score : scores) score = static_cast<float>(random.Below(300));  // many ties
  std::vector<int32_t> excluded{-5, kItems, kItems + 7, 3, 3};
  for (int i = 0; i < 200; ++i) excluded.push_back(static_cast<int32_t>(random.Below(kItems)));
  ItemSet allowed(kItems);
  for (int i = 0; i < 1'000; ++i) allowed.Add(static_cast<int32_t>(random.Below(kItems)));
  for (const int n : {1, 10, 100, 2'000, 10'000}) {
    const auto size = static_cast<size_t>(n);
    EXPECT_EQ(TopNOf(scores, n), SortedOracle(scores, size, {}, nullptr));
    EXPECT_EQ(TopNOf(scores, n, {{}, excluded}), SortedOracle(scores, size, excluded, nullptr));
    EXPECT_EQ(TopNOf(scores, n, {allowed.words(), excluded}),
              SortedOracle(scores, size, excluded, &allowed));
  }
  EXPECT_TRUE(TopNOf(scores, 0).empty());
  EXPECT_TRUE(TopNOf({}, 5).empty());
  EXPECT_EQ(TopNOf(scores, std::numeric_limits<int>::max()).size(), scores.size());
}

TEST(Scores, AreTheDotProductsForAnyNumberOfFactors) {
  for (const int k : {1, 3, 16, 50, 64}) {
    const std::vector<float> factors = RandomFactors(1'500, k);
    const MatrixView view{factors.data(), 1'500, k};
    std::vector<float> scores(1'500);
    Scores(view, view.Row(7), scores);
    for (int32_t item = 0; item < 1'500; ++item) {
      const auto row = view.Row(item);
      EXPECT_NEAR(scores[static_cast<size_t>(item)],
                  std::inner_product(row.begin(), row.end(), view.Row(7).begin(), 0.0F), 1e-5);
    }
  }
}

TEST(Similar, OrdersByCosineWithoutItselfOrUnratedItems) {
  // The second is the first's direction, ten times as long; the third is at right angles; the
  // fourth was never rated.
  const std::vector<float> factors{1, 0, 10, 1, 0, 5, 0, 0, -3, 0};
  const MatrixView view{factors.data(), 5, 2};
  const Likeness likeness(view);
  const auto similar = likeness.To(0, 10);
  ASSERT_EQ(similar.size(), 3U);
  EXPECT_EQ(similar[0].item, 1);
  EXPECT_NEAR(similar[0].score, 10 / std::sqrt(101.0F), 1e-6);
  EXPECT_EQ(similar[1].item, 2);
  EXPECT_EQ(similar[2], (ScoredItem{4, -1}));
  EXPECT_TRUE(likeness.To(3, 10).empty());
  EXPECT_TRUE(likeness.To(5, 10).empty());
}

// ---- The ranker ---------------------------------------------------------------------------------

class RankerTest : public testing::Test {
 protected:
  static constexpr int kItems = 50;
  static constexpr int kFactors = 6;

  RankerTest() : factors_(RandomFactors(kItems, kFactors)), gram_(GramOf(factors_, kFactors)) {
    for (int64_t item = 0; item < kItems; ++item) ids_.push_back(100 + 3 * item);
    ease_offsets_.push_back(0);
    for (int32_t item = 0; item < kItems; ++item) {
      for (int32_t other = item % 3; other < kItems; other += 3) {
        if (other == item) continue;
        ease_columns_.push_back(other);
        ease_values_.push_back(0.01F * static_cast<float>((item * other) % 7 - 3));
      }
      ease_offsets_.push_back(static_cast<int64_t>(ease_columns_.size()));
    }
  }
  Model Of(const std::string& algorithm) const {
    Model model{.algorithm = algorithm, .item_ids = ids_, .parameters = {}};
    model.parameters.Add("ials.item_factors", MatrixView{factors_.data(), kItems, kFactors});
    model.parameters.Add("ials.item_gram", MatrixView{gram_.data(), kFactors, kFactors});
    model.parameters.Add("ease", SparseView{ease_offsets_, ease_columns_, ease_values_});
    model.parameters.numbers = {{"ials.alpha", 1},          {"ials.unobserved_weight", 1},
                                {"ials.regularization", 8}, {"ials.regularization_exponent", 1},
                                {"ials.weight", 1},         {"ease.weight", 0.5F}};
    ConfidenceRule().AddTo(model.parameters, "ials");
    ConfidenceRule().AddTo(model.parameters, "ease");
    return model;
  }

  std::vector<float> factors_;
  std::vector<float> gram_;
  std::vector<int64_t> ids_;
  std::vector<int64_t> ease_offsets_;
  std::vector<int32_t> ease_columns_;
  std::vector<float> ease_values_;
  const std::vector<RatedItem> history_{{4, 5}, {9, 0.5F}, {77, 3}, {20, 3.5F}};
};

TEST_F(RankerTest, ExplainsTheVeryScoresThatItRanksBy) {
  for (const char* algorithm : {"ials", "ease", "ials+ease"}) {
    const auto ranker = Ranker::Make(Of(algorithm));
    ASSERT_TRUE(ranker.ok()) << ranker.error().ToString();
    const auto best = (*ranker)->Recommend(history_, 10);
    ASSERT_EQ(best.size(), 10U);
    std::vector<int32_t> items;
    for (const ScoredItem& scored : best) {
      items.push_back(scored.item);
      EXPECT_EQ(scored.score, (*ranker)->ScoreAll(history_)[static_cast<size_t>(scored.item)]);
      EXPECT_NEAR(scored.score, (*ranker)->Score(history_, scored.item), 1e-5F);
    }
    const auto explanations = (*ranker)->Explain(history_, items);
    for (size_t t = 0; t < best.size(); ++t) {
      ASSERT_EQ(explanations[t].contributions.size(), history_.size());
      EXPECT_EQ(explanations[t].contributions[2], 0) << "an item that the model doesn't know";
      float sum = 0;
      float magnitude = 0;
      for (const float share : explanations[t].contributions) {
        sum += share;
        magnitude += std::abs(share);
      }
      EXPECT_NEAR(sum, best[t].score, 1e-4F * magnitude);
      EXPECT_NEAR(explanations[t].score, best[t].score, 1e-4F * magnitude);
    }
  }
}

// A model of many items, with what a served one has: blended, with dislikes and popularity's scale.
TEST(Ranker, ListsTheVeryBestOfAllScoresThoughItScansEstimates) {
  constexpr int kItems = 3'000;
  constexpr int kFactors = 48;
  std::vector<float> factors = RandomFactors(kItems, kFactors);
  // The second half stands very close to the first.
  for (size_t i = factors.size() / 2; i < factors.size(); ++i)
    factors[i] = factors[i - factors.size() / 2] * (1 + 1e-6F * NormalAt(12, i));
  const std::vector<float> gram = GramOf(factors, kFactors);
  std::vector<int64_t> ids, offsets{0};
  std::vector<int32_t> columns;
  std::vector<float> values, scale, prior;
  for (int32_t item = 0; item < kItems; ++item) {
    ids.push_back(item);
    for (int32_t other = item % 7; other < kItems; other += 31) {
      columns.push_back(other);
      values.push_back(0.05F * NormalAt(13, columns.size()));
    }
    offsets.push_back(static_cast<int64_t>(columns.size()));
    scale.push_back(0.5F + static_cast<float>(item % 100) / 100);
    prior.push_back(item % 5 == 0 ? 0.01F : 0);
  }
  for (const char* algorithm : {"ials", "ease", "ials+ease"}) {
    for (const bool scaled : {false, true}) {
      Model model{.algorithm = algorithm, .item_ids = ids, .parameters = {}};
      model.parameters.Add("ials.item_factors", MatrixView{factors.data(), kItems, kFactors});
      model.parameters.Add("ials.item_gram", MatrixView{gram.data(), kFactors, kFactors});
      model.parameters.Add("ease", SparseView{offsets, columns, values});
      model.parameters.numbers = {{"ials.alpha", 3},          {"ials.unobserved_weight", 0.5F},
                                  {"ials.regularization", 8}, {"ials.regularization_exponent", 1},
                                  {"ials.weight", 1},         {"ease.weight", 0.7F}};
      const ConfidenceRule rule{.level = StarLevel{.aversion = 0.6F}};
      rule.AddTo(model.parameters, "ials");
      rule.AddTo(model.parameters, "ease");
      if (scaled) {
        model.parameters.Add("ranking.item_scale", std::span<const float>(scale));
        model.parameters.Add("ranking.item_prior", std::span<const float>(prior));
      }
      const auto ranker = Ranker::Make(std::move(model));
      ASSERT_TRUE(ranker.ok()) << ranker.error().ToString();
      Random random(3);
      for (int person = 0; person < 30; ++person) {
        std::vector<RatedItem> history;
        std::vector<int32_t> rated;
        for (int j = 0; j < 3 + 5 * person; ++j) {
          rated.push_back(static_cast<int32_t>(random.Below(kItems)));
          history.push_back({rated.back(), 0.5F + 0.5F * static_cast<float>(random.Below(10))});
        }
        const std::vector<float> scores = (*ranker)->ScoreAll(history);
        for (const int n : {1, 20, 100}) {
          EXPECT_EQ((*ranker)->Recommend(history, n), TopNOf(scores, n, {{}, rated}))
              << algorithm << ", scaled " << scaled << ", person " << person << ", " << n;
        }
      }
    }
  }
}

TEST_F(RankerTest, AsksOfAPartWithoutWeightOnlyWhatIsSimilar) {
  Model model = Of("ials+ease");
  model.parameters.numbers["ials.weight"] = 0;
  const auto without = *Ranker::Make(std::move(model));
  const auto ials = *Ranker::Make(Of("ials"));
  const auto ease = *Ranker::Make(Of("ease"));
  const std::vector<float> alone = ease->ScoreAll(history_);
  const std::vector<float> scores = without->ScoreAll(history_);
  for (size_t item = 0; item < scores.size(); ++item)
    EXPECT_FLOAT_EQ(scores[item], 0.5F * alone[item]);
  EXPECT_EQ(without->Similar(3, 10), ials->Similar(3, 10));
}

TEST_F(RankerTest, NeverRecommendsWhatIsInTheHistoryOrFilteredOut) {
  const auto ranker = *Ranker::Make(Of("ials+ease"));
  const std::vector<int32_t> excluded{1, 2};
  ItemSet allowed(kItems);
  for (const int32_t item : {1, 4, 5, 6}) allowed.Add(item);
  const auto best = ranker->Recommend(history_, 50, {allowed.words(), excluded});
  ASSERT_EQ(best.size(), 2U);
  EXPECT_EQ(best[0].item + best[1].item, 5 + 6);
}

TEST_F(RankerTest, HasNothingToSayWithoutAHistory) {
  const auto ranker = *Ranker::Make(Of("ials"));
  EXPECT_TRUE(ranker->Recommend({}, 10).empty());
  const std::vector<RatedItem> unknown{{-1, 5}, {kItems, 5}};
  EXPECT_TRUE(ranker->Recommend(unknown, 10).empty());
  EXPECT_EQ(ranker->IndexOf(103), 1);
  EXPECT_EQ(ranker->IdOf(1), 103);
  EXPECT_FALSE(ranker->IndexOf(104).has_value());
}

TEST_F(RankerTest, ABlendIsTheWeightedSumOfItsParts) {
  const auto both = (*Ranker::Make(Of("ials+ease")))->ScoreAll(history_);
  const auto ials = (*Ranker::Make(Of("ials")))->ScoreAll(history_);
  const auto ease = (*Ranker::Make(Of("ease")))->ScoreAll(history_);
  for (size_t item = 0; item < both.size(); ++item)
    EXPECT_NEAR(both[item], ials[item] + 0.5F * ease[item], 1e-6F);
}

TEST_F(RankerTest, RefusesWhatIsNoModel) {
  const auto reason = [](Model model) { return Ranker::Make(std::move(model)).error().reason; };
  EXPECT_EQ(reason(Of("svd")), "unknown_algorithm");
  EXPECT_EQ(reason(Of("ials+")), "unknown_algorithm");
  EXPECT_EQ(reason(Of("")), "unknown_algorithm");
  EXPECT_EQ(reason(Of("ials+ials")), "unknown_algorithm");
  EXPECT_EQ(reason(Of("ials+biased_als")), "unknown_algorithm") << "across tasks";
  EXPECT_EQ(reason(Of("popularity")), "model_unfit") << "its tensor isn't there";
  Model model = Of("ials");
  model.parameters.numbers.erase("ials.alpha");
  EXPECT_EQ(reason(std::move(model)), "model_unfit");
}

TEST_F(RankerTest, CountsALovedMovieForMoreThanAnEnduredOne) {
  const auto ranker = *Ranker::Make(Of("ease"));
  const std::vector<RatedItem> loved{{3, 5}};
  const std::vector<RatedItem> endured{{3, 0.5F}};
  const auto strong = ranker->ScoreAll(loved);
  const auto weak = ranker->ScoreAll(endured);
  for (size_t item = 0; item < strong.size(); ++item) {
    EXPECT_GE(std::abs(strong[item]), std::abs(weak[item]));
  }
  EXPECT_NE(strong, weak);
}

// ---- Predicted ratings --------------------------------------------------------------------------

RatingMatrix RatingsOfTwoTastes() {
  std::vector<int64_t> users;
  std::vector<int64_t> items;
  std::vector<float> values;
  Random random(8);
  for (int user = 0; user < 80; ++user) {
    for (int item = 0; item < 40; ++item) {
      if (random.Uniform() < 0.4) continue;
      const bool same = user % 2 == item % 2;
      const double mean = (same ? 4.2 : 2.2) + 0.3 * (user % 3) - 0.3;
      users.push_back(user);
      items.push_back(item);
      values.push_back(static_cast<float>(
          std::clamp(std::round(2 * (mean + random.Uniform() - 0.5)) / 2, 0.5, 5.0)));
    }
  }
  return *RatingMatrix::Build(users, items, values);
}

TEST(BiasedAls, PredictsBetterThanBiasesAndReportsItsTrainingError) {
  const RatingMatrix matrix = RatingsOfTwoTastes();
  BiasedAlsOptions options;
  options.factors = 4;
  double reported = 0;
  options.progress = [&](int, double rmse, double) {
    reported = rmse;
    return true;
  };
  const BiasedAlsModel model = *TrainBiasedAls(matrix, options);
  options.factors = 0;
  const BiasedAlsModel biases = *TrainBiasedAls(matrix, options);
  double error = 0;
  double bias_error = 0;
  for (int32_t user = 0; user < matrix.users(); ++user) {
    for (size_t j = 0; j < static_cast<size_t>(matrix.by_user().RowSize(user)); ++j) {
      const int32_t item = matrix.by_user().RowColumns(user)[j];
      const float rating = matrix.by_user().RowValues(user)[j];
      error += std::pow(static_cast<double>(model.Predict(user, item) - rating), 2);
      bias_error += std::pow(static_cast<double>(biases.Predict(user, item) - rating), 2);
    }
  }
  const auto n = static_cast<double>(matrix.nonzeros());
  EXPECT_LT(std::sqrt(error / n), 0.5 * std::sqrt(bias_error / n));
  EXPECT_NEAR(std::sqrt(error / n), reported, 0.02) << "clamping and one half iteration apart";
}

TEST(BiasedAls, FoldInGivesTheTrainedUserAndNeedsNoUserData) {
  const RatingMatrix matrix = RatingsOfTwoTastes();
  const BiasedAlsModel model = *TrainBiasedAls(matrix, {});
  const RatingPredictor predictor(model);
  for (const int32_t user : {0, 1, 40}) {
    std::vector<RatedItem> ratings{{-1, 5}, {1'000, 5}};  // unknown items change nothing
    for (size_t j = 0; j < static_cast<size_t>(matrix.by_user().RowSize(user)); ++j) {
      ratings.push_back(
          {matrix.by_user().RowColumns(user)[j], matrix.by_user().RowValues(user)[j]});
    }
    const auto folded = predictor.FoldIn(ratings);
    EXPECT_NEAR(folded.bias, model.user_bias[static_cast<size_t>(user)], 1e-5);
    for (int32_t item = 0; item < matrix.items(); ++item) {
      EXPECT_EQ(predictor.Predict(folded, item), model.Predict(user, item)) << "to the bit";
    }
  }
}

TEST(BiasedAls, ExplainsAPredictionByShares) {
  const RatingMatrix matrix = RatingsOfTwoTastes();
  const BiasedAlsModel model = *TrainBiasedAls(matrix, {});
  const RatingPredictor predictor(model);
  const std::vector<RatedItem> ratings{{0, 3.5F}, {-1, 5}, {3, 3}, {6, 4}, {9, 2.5F}};
  for (const int32_t item : {1, 2, 20, 99}) {
    std::vector<float> shares(ratings.size(), 0);
    predictor.AddShares(ratings, item, 1, shares);
    const float constant =
        model.global_mean + (item < 40 ? model.item_bias[static_cast<size_t>(item)] : 0);
    EXPECT_NEAR(constant + std::accumulate(shares.begin(), shares.end(), 0.0F),
                predictor.Predict(predictor.FoldIn(ratings), item), 1e-4);
    EXPECT_EQ(shares[1], 0);
  }
}

TEST(BiasedAls, PredictsWithinTheScaleForStrangersAndNewMovies) {
  const std::vector<float> bias{9, -9, 0};
  const RatingPredictor predictor(3, bias, {}, {});
  const auto stranger = predictor.FoldIn({});
  EXPECT_EQ(predictor.Predict(stranger, 0), 5);
  EXPECT_EQ(predictor.Predict(stranger, 1), 0.5F);
  EXPECT_EQ(predictor.Predict(stranger, 2), 3);
  EXPECT_EQ(predictor.Predict(stranger, 99), 3);
  const std::vector<RatedItem> generous{{2, 5}, {2, 5}};
  EXPECT_GT(predictor.Predict(predictor.FoldIn(generous), 99), 3);
}

TEST(BiasedAls, IsCancelledAndRefusesNonsense) {
  const RatingMatrix matrix = RatingsOfTwoTastes();
  BiasedAlsOptions options;
  options.progress = [](int, double, double) { return false; };
  EXPECT_EQ(TrainBiasedAls(matrix, options).error().code, Code::kCancelled);
  EXPECT_EQ(TrainBiasedAls(RatingMatrix(), {}).error().reason, "no_observations");
  EXPECT_FALSE(TrainBiasedAls(matrix, {.factors = -1}).ok());
  EXPECT_FALSE(TrainBiasedAls(matrix, {.iterations = 0}).ok());
  EXPECT_FALSE(TrainBiasedAls(matrix, {.regularization = 0}).ok());
}

}  // namespace
}  // namespace marquee::models
