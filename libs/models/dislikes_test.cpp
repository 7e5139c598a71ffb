// Stars have a sign: what was disliked pushes away, and what that may never do.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "models/confidence.h"
#include "models/fitting.h"
#include "models/random.h"

namespace marquee::models {
namespace {

constexpr int kKinds = 5;
constexpr int kItems = 200;

// Five kinds of 40 films; people watch one kind four times as often, the first films of a kind most.
RatingMatrix Kinds(uint64_t seed = 3) {
  std::vector<int64_t> users;
  std::vector<int64_t> items;
  std::vector<float> stars;
  Random random(seed);
  for (int user = 0; user < 400; ++user) {
    for (int item = 0; item < kItems; ++item) {
      const int place = item / kKinds;  // among those of its kind
      const double known = 0.5 / (1 + 0.1 * place);
      if (random.Uniform() > known * (item % kKinds == user % kKinds ? 1 : 0.25)) continue;
      users.push_back(user);
      items.push_back(item);
      // 3.6 on average, as people give them.
      stars.push_back(0.5F +
                      0.5F * static_cast<float>(std::max(random.Below(10), random.Below(10))));
    }
  }
  return *RatingMatrix::Build(users, items, stars);
}

TEST(StarLevel, IsThePersonsMeanShrunkTowardsEveryones) {
  const StarLevel level{.mean = 3.5F, .damping = 5, .aversion = 0};
  EXPECT_FLOAT_EQ(level.Of({}), 3.5F);
  const std::vector<RatedItem> one{{0, 0.5F}};
  EXPECT_FLOAT_EQ(level.Of(one), 3);
  const std::vector<RatedItem> many(1'000, {0, 2});
  EXPECT_NEAR(level.Of(many), 2, 0.01F);
}

TEST(ConfidenceRule, WeighsARatingBesideThePersonsOwnLevel) {
  ConfidenceRule rule;
  EXPECT_FLOAT_EQ(rule.Observe(std::vector<RatedItem>{{0, 5}}).front().weight(), 1.4F)
      << "as models of before";
  rule.level = StarLevel{.mean = 3.5F, .damping = 5, .aversion = 0.6F};
  const auto weight = [&](std::vector<RatedItem> history) {
    return rule.Observe(history).front().weight();
  };
  EXPECT_LT(weight({{0, 0.5F}}), 0);
  EXPECT_GT(weight({{0, 5}}), 1);
  // Who gives everything the same dislikes nothing, whatever it is.
  for (const float stars : {0.5F, 3.0F, 5.0F})
    EXPECT_NEAR(weight(std::vector<RatedItem>(100, {0, stars})), 1, 0.1F) << stars;
  // A 2 says less from who rarely gives more.
  std::vector<RatedItem> severe(20, {1, 2});
  std::vector<RatedItem> mild(20, {1, 4.5F});
  severe.front() = mild.front() = {0, 2};
  EXPECT_GT(weight(severe), weight(mild));
}

TEST(ConfidenceRule, SurvivesAsParameters) {
  Parameters parameters;
  const ConfidenceRule rule{.slope = 0.3F,
                            .floor = 0.2F,
                            .level = StarLevel{.mean = 3.1F, .damping = 4, .aversion = 0.7F}};
  rule.AddTo(parameters, "ease");
  const ConfidenceRule read = *ConfidenceRule::From(parameters, "ease");
  ASSERT_TRUE(read.level);
  EXPECT_EQ(read.slope, 0.3F);
  EXPECT_EQ(read.level->mean, 3.1F);
  EXPECT_EQ(read.level->aversion, 0.7F);
  parameters.numbers.erase("ease.level_damping");
  EXPECT_EQ(ConfidenceRule::From(parameters, "ease").error().reason, "model_unfit");
}

class Dislikes : public testing::TestWithParam<std::string> {
 protected:
  static void SetUpTestSuite() { matrix_ = new RatingMatrix(Kinds()); }
  static void TearDownTestSuite() { delete std::exchange(matrix_, nullptr); }
  std::shared_ptr<const Ranker> ranker_ = *FitRanker(GetParam(), *matrix_, {}, {});

  static std::set<int32_t> First(const std::vector<ScoredItem>& ranked) {
    std::set<int32_t> items;
    for (const ScoredItem& one : ranked) items.insert(one.item);
    return items;
  }

  static inline RatingMatrix* matrix_ = nullptr;
};

TEST_P(Dislikes, ALowerRatingNeverAddsToWhatItSupported) {
  Random random(7);
  std::vector<int32_t> all(kItems);
  for (int32_t item = 0; item < kItems; ++item) all[static_cast<size_t>(item)] = item;
  for (int round = 0; round < 20; ++round) {
    std::vector<RatedItem> history;
    std::set<int32_t> seen;
    const size_t size = 1 + random.Below(30);
    while (history.size() < size) {
      const auto item = static_cast<int32_t>(random.Below(kItems));
      if (!seen.insert(item).second) continue;
      history.push_back({item, 0.5F + 0.5F * static_cast<float>(random.Below(10))});
    }
    const size_t lowered = random.Below(size);
    auto before = ranker_->Explain(history, all);
    while (history[lowered].rating > kLowestRating) {
      history[lowered].rating -= 0.5F;
      auto after = ranker_->Explain(history, all);
      for (size_t item = 0; item < all.size(); ++item) {
        const float was = before[item].contributions[lowered];
        if (was <= 0) continue;
        EXPECT_LE(after[item].contributions[lowered], was + 1e-5F)
            << "of " << history[lowered].rating << " to item " << item;
      }
      before = std::move(after);
    }
  }
}

TEST_P(Dislikes, WhatIsHatedMakesAnotherListThanWhatIsLoved) {
  for (int32_t item = 0; item < 50; ++item) {
    const std::vector<RatedItem> hated{{item, 0.5F}};
    const std::vector<RatedItem> loved{{item, 5}};
    const auto from_hate = First(ranker_->Recommend(hated, 20));
    const auto from_love = First(ranker_->Recommend(loved, 20));
    ASSERT_EQ(from_hate.size(), 20U);
    std::vector<int32_t> shared;
    std::set_intersection(from_hate.begin(), from_hate.end(), from_love.begin(), from_love.end(),
                          std::back_inserter(shared));
    EXPECT_LE(shared.size(), 2U) << item;
    const auto profile = ranker_->Read(hated);
    EXPECT_TRUE(ranker_->Dislikes(*profile, hated, 0));
    EXPECT_FALSE(ranker_->Dislikes(*ranker_->Read(loved), loved, 0));
  }
}

TEST_P(Dislikes, WhatIsHatedRecommendsNothingAndTheRestIsByPopularity) {
  const std::vector<RatedItem> hated{{0, 0.5F}};
  for (int32_t item = 0; item < kItems; ++item)
    EXPECT_LE(ranker_->Explain(hated, {&item, 1}).front().score, 0) << item;
  float last = 1e9F;
  for (const ScoredItem& one : ranker_->Recommend(hated, 20)) {
    const auto raters = static_cast<float>(matrix_->by_item().RowSize(one.item));
    if (ranker_->Explain(hated, {&one.item, 1}).front().score < 0) continue;
    EXPECT_LE(raters, last);
    last = raters;
  }
}

TEST_P(Dislikes, SharesSumToTheScoreWithDislikesAmongThem) {
  const std::vector<RatedItem> history{{0, 5}, {5, 0.5F}, {11, 4}, {16, 1}, {2, 0.5F}, {33, 4.5F}};
  const auto scores = ranker_->ScoreAll(history);
  const auto nobody = ranker_->ScoreAll({});
  const auto profile = ranker_->Read(history);
  for (int32_t item = 0; item < kItems; ++item) {
    const auto at = static_cast<size_t>(item);
    EXPECT_NEAR(ranker_->Explain(history, {&item, 1}).front().score + nobody[at], scores[at],
                1e-4F);
    EXPECT_NEAR(profile->Score(item), scores[at], 1e-5F);
  }
}

INSTANTIATE_TEST_SUITE_P(Each, Dislikes, testing::Values("ease", "ials", "ials+ease"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::erase(name, '+');
                           return name;
                         });

}  // namespace
}  // namespace marquee::models
