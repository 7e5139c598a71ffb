#include "recommender/app/onboarding.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "models/elicitation.h"
#include "models/testing/random_ratings.h"
#include "recommender/testing/recommender_fixture.h"

namespace marquee::recommender {
namespace {

using testing_::Ids;
using testing_::MakeCatalogue;

class OnboardingTest : public testing_::RecommenderTest {
 protected:
  // Of movies 1 to 60; movies 51 to 60 aren't in the catalogue any more, 61 to 70 are new there.
  void InstallWithQuestions() {
    auto model = testing_::MakeModel(models::kRanking, Ids(1, 60), 1);
    models::Elicitation::Fit(models::testing::RandomRatings(400, 60, 0.9), model.parameters);
    serving_.Install("ranking",
                     std::make_shared<const ModelInUse>(ModelInUse{
                         .version = 4, .created_at = {}, .ranker = *models::Ranker::Make(model)}));
    auto movies = Ids(1, 50);
    for (const auto id : Ids(61, 70)) movies.push_back(id);
    serving_.Install(MakeCatalogue(movies));
  }
  std::vector<std::int64_t> Asked(const CallContext& call, const OnboardingRequest& request) {
    const auto list = recommender_.Onboarding(call, request);
    EXPECT_TRUE(list.ok());
    std::vector<std::int64_t> ids;
    for (const auto& question : list->questions)
      ids.push_back(list->serving->catalogue()->Id(question.row));
    return ids;
  }
  static bool Has(const std::vector<std::int64_t>& ids, std::int64_t id) {
    return std::ranges::find(ids, id) != ids.end();
  }
  const CallContext anonymous_{SystemClock().Now() + std::chrono::seconds{20}};
};

TEST_F(OnboardingTest, AsksOneQuestionUnlessToldHowMany) {
  InstallWithQuestions();
  const auto list = recommender_.Onboarding(anonymous_, {});
  ASSERT_TRUE(list.ok());
  ASSERT_EQ(list->questions.size(), 1U);
  EXPECT_EQ(list->model_version, 4);
  EXPECT_FALSE(list->degraded);
  EXPECT_GT(list->questions[0].chance_known, 0);
  EXPECT_GT(list->questions[0].information, 0);
  EXPECT_EQ(Asked(anonymous_, {.count = 1'000}).size(), 20U);
}

TEST_F(OnboardingTest, AsksOfWhatIsShownAndWasNotAnswered) {
  InstallWithQuestions();
  std::vector<std::int64_t> rated;
  std::vector<std::int64_t> unknown;
  for (;;) {
    const auto asked = Asked(anonymous_, {.rated = rated, .unknown = unknown, .count = 1});
    if (asked.empty()) break;
    EXPECT_FALSE(Has(rated, asked[0]) || Has(unknown, asked[0]));
    EXPECT_LE(asked[0], 50);
    (rated.size() % 2 == 0 ? unknown : rated).push_back(asked[0]);
    unknown.push_back(999);  // there is no such movie
    ASSERT_LE(rated.size() + unknown.size(), 200U);
  }
}

TEST_F(OnboardingTest, WhatThePersonRatedCountsUnlessTheirClientMayNotReadIt) {
  InstallWithQuestions();
  const auto first = Asked(anonymous_, {.count = 1}).at(0);
  history_ = {{first, 4.0F}};
  EXPECT_NE(Asked(Asking(), {}).at(0), first);
  EXPECT_EQ(Asked(Asking(), {}), Asked(anonymous_, {.rated = {first}}));
  auto client = Asking();
  client.caller.scopes = {"write"};
  EXPECT_EQ(Asked(client, {}).at(0), first);
  client.caller.scopes = {"read"};
  EXPECT_NE(Asked(client, {}).at(0), first);
}

TEST_F(OnboardingTest, TheMostRatedStandInWithoutAModel) {
  EXPECT_EQ(recommender_.Onboarding(anonymous_, {}).error().reason, "catalogue_unavailable");
  serving_.Install(MakeCatalogue(Ids(1, 70)));
  const auto list = recommender_.Onboarding(anonymous_, {.count = 3});
  ASSERT_TRUE(list.ok());
  EXPECT_TRUE(list->degraded);
  EXPECT_EQ(list->model_version, 0);
  ASSERT_EQ(list->questions.size(), 3U);
  EXPECT_FALSE(list->questions[0].chance_known);
  const auto ids = Asked(anonymous_, {.count = 3});
  EXPECT_EQ(Asked(anonymous_, {.rated = {ids[0]}, .unknown = {ids[1]}}), std::vector{ids[2]});
  // A model of before there were questions is no better.
  InstallAll();
  EXPECT_TRUE(recommender_.Onboarding(anonymous_, {})->degraded);
}

TEST_F(OnboardingTest, WhoIsNoMoreAsksLikeAnybody) {
  InstallWithQuestions();
  signed_out_ = true;
  EXPECT_EQ(Asked(Asking(), {.count = 3}), Asked(anonymous_, {.count = 3}));
}

TEST_F(OnboardingTest, SaysThatRatingsCantBeRead) {
  InstallWithQuestions();
  ratings_down_ = true;
  EXPECT_EQ(recommender_.Onboarding(Asking(), {}).error().reason, "ratings_down");
  EXPECT_TRUE(recommender_.Onboarding(anonymous_, {}).ok());
}

}  // namespace
}  // namespace marquee::recommender
