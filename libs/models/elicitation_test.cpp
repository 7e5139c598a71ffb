#include "models/elicitation.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <algorithm>
#include <set>

#include "models/fitting.h"
#include "models/random.h"
#include "models/testing/random_ratings.h"

namespace marquee::models {
namespace {

std::shared_ptr<const Elicitation> Fitted(const RatingMatrix& ratings, Parameters& parameters) {
  Elicitation::Fit(ratings, parameters);
  return *Elicitation::Load(parameters, ratings.items());
}

// Two kinds of people, of whom each rates most of its own ten movies and few of the others'; and ten
// that anybody rates, the most of all.
RatingMatrix TwoKinds(int users) {
  std::vector<int64_t> u;
  std::vector<int64_t> i;
  std::vector<float> v;
  Random random(3);
  for (int user = 0; user < users; ++user) {
    for (int item = 0; item < 30; ++item) {
      const double chance = item < 10 ? 0.65 : (item < 20) == (user % 2 == 0) ? 0.8 : 0.1;
      if (random.Uniform() > chance) continue;
      u.push_back(user);
      i.push_back(item);
      v.push_back(4);
    }
  }
  return *RatingMatrix::Build(u, i, v);
}
int KindOf(int32_t item) { return item / 10; }

TEST(Elicitation, AsksWhatTellsTheKindsApartBeforeWhatEverybodyKnows) {
  Parameters parameters;
  const auto elicitation = Fitted(TwoKinds(1'000), parameters);
  const auto first = elicitation->Next({}, {}, 1);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_NE(KindOf(first[0].item), 0);
  EXPECT_NEAR(first[0].chance, 0.45, 0.05);
  EXPECT_GT(first[0].information, 0.1);
}

TEST(Elicitation, AnswersChangeWhatTheyAreLikelyToKnow) {
  Parameters parameters;
  const auto elicitation = Fitted(TwoKinds(1'000), parameters);
  const std::vector<int32_t> first = {10};
  const auto chance_of_kind = [&](const std::vector<Question>& questions, int kind) {
    double sum = 0;
    for (const auto& question : questions)
      if (KindOf(question.item) == kind) sum += question.chance;
    return sum;
  };
  const auto knows = elicitation->Next(first, {}, 30);
  const auto does_not = elicitation->Next({}, first, 30);
  EXPECT_GT(chance_of_kind(knows, 1), 1.5 * chance_of_kind(knows, 2));
  EXPECT_LT(1.5 * chance_of_kind(does_not, 1), chance_of_kind(does_not, 2));
}

TEST(Elicitation, ChancesAreTheRegressionOnTheAnswers) {
  const auto ratings = testing::RandomRatings(300, 12, 0.8);
  Parameters parameters;
  const auto elicitation = Fitted(ratings, parameters);
  Eigen::MatrixXd x = Eigen::MatrixXd::Zero(ratings.users(), ratings.items());
  for (int32_t user = 0; user < ratings.users(); ++user)
    for (const int32_t item : ratings.by_user().RowColumns(user)) x(user, item) = 1;
  const Eigen::RowVectorXd mean = x.colwise().mean();
  const Eigen::MatrixXd off = x.rowwise() - mean;
  Eigen::MatrixXd covariance = off.transpose() * off / ratings.users();
  covariance.diagonal().array() += 50.0 / ratings.users();
  const std::vector<Eigen::Index> asked = {1, 4, 6};
  const Eigen::Vector3d said(1 - mean[1], 1 - mean[4], 0 - mean[6]);
  const Eigen::VectorXd expected =
      mean.transpose() +
      covariance(Eigen::all, asked) * Eigen::MatrixXd(covariance(asked, asked)).ldlt().solve(said);

  const std::vector<int32_t> rated = {4, 1};
  const std::vector<int32_t> unknown = {6};
  const auto questions = elicitation->Next(rated, unknown, 100);
  ASSERT_EQ(questions.size(), 9U) << "all that nothing was said of";
  for (const auto& question : questions) {
    EXPECT_NEAR(question.chance, std::clamp(expected[question.item], 0.01, 1.0), 1e-4);
    EXPECT_GE(question.information, 0);
    EXPECT_LE(question.information, 1);
  }
}

TEST(Elicitation, AsksOnceAndOnlyWhatItMay) {
  Parameters parameters;
  const auto ratings = TwoKinds(200);
  const auto elicitation = Fitted(ratings, parameters);
  ItemSet allowed(ratings.items());
  for (const int32_t item : {3, 5, 12, 25}) allowed.Add(item);
  const std::vector<int32_t> rated = {12, -1, 1'000, 12};
  const std::vector<int32_t> unknown = {12, 7};
  std::set<int32_t> asked;
  for (const auto& question : elicitation->Next(rated, unknown, 10, {allowed.words(), {}}))
    EXPECT_TRUE(asked.insert(question.item).second);
  EXPECT_EQ(asked, (std::set<int32_t>{3, 5, 25}));
  EXPECT_TRUE(elicitation->Next({}, {}, 0).empty());
}

TEST(Elicitation, QuestionsAskedTogetherDontTellTheSameTwice) {
  Parameters parameters;
  const auto elicitation = Fitted(TwoKinds(1'000), parameters);
  const auto questions = elicitation->Next({}, {}, 30);
  ASSERT_EQ(questions.size(), 30U);
  double sum = 0;
  double left = 1;
  for (const auto& question : questions) {
    sum += left * question.information;
    left *= 1 - question.information;
  }
  EXPECT_NEAR(sum, 1, 0.02) << "when all is asked nothing is unknown";
}

TEST(Elicitation, WhatHasNoRatingsIsNotAskedAbout) {
  Parameters none;
  Elicitation::Fit(RatingMatrix(), none);
  EXPECT_EQ(*Elicitation::Load(none, 0), nullptr);
  const std::vector<int64_t> one = {7};
  const std::vector<float> stars = {4};
  Elicitation::Fit(*RatingMatrix::Build(one, one, stars), none);
  EXPECT_EQ(*Elicitation::Load(none, 1), nullptr) << "of one movie there is nothing to ask";
}

TEST(Elicitation, RefusesParametersThatAreNone) {
  const auto ratings = TwoKinds(100);
  Parameters good;
  (void)Fitted(ratings, good);
  const auto with = [&](const Tensor& other) {
    Parameters parameters = good;
    for (Tensor& tensor : parameters.tensors)
      if (tensor.name == other.name) tensor = other;
    const auto loaded = Elicitation::Load(parameters, ratings.items());
    return loaded.ok() ? "" : loaded.error().reason;
  };
  std::vector<int32_t> items(30);
  for (int32_t item = 0; item < 30; ++item) items[static_cast<size_t>(item)] = item;
  EXPECT_EQ(with(Tensor::Of("ranking.elicitation_items", {30}, items)), "");
  items[3] = 4;
  EXPECT_EQ(with(Tensor::Of("ranking.elicitation_items", {30}, items)), "model_unfit") << "twice";
  items[3] = 30;
  EXPECT_EQ(with(Tensor::Of("ranking.elicitation_items", {30}, items)), "model_unfit")
      << "out of range";
  std::vector<float> matrix(900, 0);
  EXPECT_EQ(with(Tensor::Of("ranking.elicitation_covariance", {30, 30}, matrix)), "model_unfit");
  EXPECT_EQ(with(Tensor::Of("ranking.elicitation_covariance", {900}, matrix)), "model_unfit");
  for (size_t at = 0; at < 30; ++at) matrix[at * 31] = 1;
  EXPECT_EQ(with(Tensor::Of("ranking.elicitation_covariance", {30, 30}, matrix)), "");
  matrix[1] = 0.5F;
  EXPECT_EQ(with(Tensor::Of("ranking.elicitation_covariance", {30, 30}, matrix)), "model_unfit")
      << "not symmetric";
}

TEST(Elicitation, ComesWithEveryModelForRankingButTheBaseline) {
  const auto ratings = testing::RandomRatings(60, 30, 0.6);
  EXPECT_NE((*FitRanker("item-knn", ratings, {}, {}))->elicitation(), nullptr);
  EXPECT_EQ((*FitRanker("popularity", ratings, {}, {}))->elicitation(), nullptr);
  EXPECT_EQ((*FitRanker("biased_als", ratings, {}, {}))->elicitation(), nullptr);
}

}  // namespace
}  // namespace marquee::models
