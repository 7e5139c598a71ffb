// The search for options, and what models make of data that are hardly any.
#include "models/search.h"

#include <gtest/gtest.h>

#include <cmath>

#include "models/random.h"

namespace marquee::models {
namespace {

RatingMatrix People(int users, int items, uint64_t seed = 5) {
  std::vector<int64_t> u;
  std::vector<int64_t> i;
  std::vector<float> v;
  Random random(seed);
  for (int user = 0; user < users; ++user) {
    for (int item = 0; item < items; ++item) {
      if (random.Uniform() > (user % 4 == item % 4 ? 0.5 : 0.1)) continue;
      u.push_back(user);
      i.push_back(item);
      v.push_back(0.5F + 0.5F * static_cast<float>(random.Below(10)));
    }
  }
  return *RatingMatrix::Build(u, i, v);
}

TEST(Search, StartsAtTheDefaultsAndTakesOnlyWhatIsBetter) {
  const RatingMatrix matrix = People(120, 60);
  const Found found = *Search("ials+ease", matrix, {}, {}, {});
  ASSERT_GE(found.trials.size(), 10U);
  EXPECT_EQ(found.users, 120);
  EXPECT_TRUE(found.trials.front().option.empty());
  double best = 0;
  OptionValues values = *Values(*OptionsOf("ials+ease", matrix), {});
  for (const Trial& trial : found.trials) {
    EXPECT_EQ(trial.taken, trial.objective > best + 1e-4) << trial.option << "=" << trial.value;
    EXPECT_NEAR(trial.objective, (trial.ndcg_at_100 + trial.liked_ndcg_at_100) / 2, 1e-12);
    if (!trial.taken) continue;
    best = trial.objective;
    if (!trial.option.empty()) values[trial.option] = trial.value;
  }
  EXPECT_EQ(found.values, values);
  EXPECT_TRUE(Fit("ials+ease", matrix, found.values, {}).ok());
}

TEST(Search, IsTheSameForAnyNumberOfThreads) {
  const RatingMatrix matrix = People(120, 60);
  const Found one = *Search("ials+ease", matrix, {}, {.threads = 1}, {.trials = 30});
  const Found three = *Search("ials+ease", matrix, {}, {.threads = 3}, {.trials = 30});
  EXPECT_EQ(one.values, three.values);
  ASSERT_EQ(one.trials.size(), three.trials.size());
  for (size_t at = 0; at < one.trials.size(); ++at)
    EXPECT_EQ(one.trials[at].objective, three.trials[at].objective) << at;
}

TEST(Search, KeepsWhatWasAskedFor) {
  const RatingMatrix matrix = People(120, 60);
  const OptionValues asked{{"ease.regularization", 77}, {"ials.weight", 0.3}};
  const Found found = *Search("ials+ease", matrix, asked, {}, {.trials = 40});
  for (const auto& [name, value] : asked) {
    EXPECT_EQ(found.values.at(name), value);
    for (const Trial& trial : found.trials) EXPECT_NE(trial.option, name);
  }
  EXPECT_EQ(Search("ials", matrix, {{"ials.shape", 1}}, {}, {}).error().reason, "unknown_option");
}

TEST(Search, StopsAtItsBudget) {
  const RatingMatrix matrix = People(120, 60);
  const Found few = *Search("ials+ease", matrix, {}, {}, {.trials = 5});
  EXPECT_EQ(few.trials.size(), 5U);
  EXPECT_FALSE(few.complete);
  const Found hurried = *Search("ials+ease", matrix, {}, {}, {.seconds = 1e-9});
  EXPECT_EQ(hurried.trials.size(), 1U) << "the start is judged, whatever it takes";
  EXPECT_FALSE(hurried.complete);
  EXPECT_TRUE(Search("ials+ease", matrix, {}, {}, {.trials = 0})->trials.empty());
  EXPECT_TRUE(Search("biased_als", matrix, {}, {}, {})->trials.empty()) << "only for ranking";
}

TEST(Search, IsCancelledAndSaysHowFarItIs) {
  const RatingMatrix matrix = People(120, 60);
  const Fitting cancelled{.progress = [](double) { return false; }};
  EXPECT_EQ(Search("ials+ease", matrix, {}, cancelled, {}).error().code, Code::kCancelled);
}

TEST(Search, OnAPartOfThePeopleMovesRegularizationFromTheWholesStart) {
  const RatingMatrix matrix = People(200, 60);
  const Found found = *Search("ease", matrix, {}, {}, {.trials = 12, .most_users = 100});
  EXPECT_EQ(found.users, 100);
  const auto whole = *Values(*OptionsOf("ease", matrix), {});
  double moved = 1;
  for (const Trial& trial : found.trials) {
    if (trial.taken && trial.option == "ease.regularization") moved = trial.value;
  }
  if (moved == 1) {
    EXPECT_EQ(found.values.at("ease.regularization"), whole.at("ease.regularization"));
  } else {
    EXPECT_GT(found.values.at("ease.regularization"), moved) << "the whole has more people";
  }
}

// ---- Data that are hardly any -------------------------------------------------------------------

struct Odd {
  std::string name;
  RatingMatrix ratings;
  Content content = {};
};

RatingMatrix Of(std::vector<int64_t> users, std::vector<int64_t> items, std::vector<float> stars) {
  return *RatingMatrix::Build(users, items, stars);
}

RatingMatrix Everything(int users, int items, float stars) {
  std::vector<int64_t> u;
  std::vector<int64_t> i;
  for (int user = 0; user < users; ++user) {
    for (int item = 0; item < items; ++item) {
      u.push_back(user);
      i.push_back(item);
    }
  }
  return Of(u, i, std::vector<float>(u.size(), stars));
}

std::vector<Odd> OddData() {
  std::vector<Odd> odd;
  odd.push_back({"constant ratings", Everything(30, 20, 0.5F)});
  odd.push_back({"one person", Of({7, 7, 7, 7}, {1, 2, 3, 4}, {5, 1, 3, 0.5F})});
  odd.push_back({"one film", Of({1, 2, 3, 4, 5}, {9, 9, 9, 9, 9}, {5, 1, 3, 0.5F, 4})});
  odd.push_back({"one rating", Of({1}, {1}, {3})});
  const RatingMatrix people = People(60, 30);
  std::vector<uint8_t> few(static_cast<size_t>(people.nonzeros()), 1);
  for (size_t at = 0; at < few.size(); ++at)
    few[at] = people.by_user().columns[at] % 3 == 0 ? 1 : 0;
  odd.push_back({"films that nobody has rated", people.Select(few)});
  std::vector<int64_t> far;
  for (const int64_t id : people.item_ids()) far.push_back(id * 1'000'000'007 - (int64_t{1} << 60));
  odd.push_back(
      {"ids with gaps", RatingMatrix::FromRows(people.user_ids(), far, people.by_user())});
  Content bare;
  for (const int64_t id : people.item_ids()) bare[id] = {};
  odd.push_back({"no genres and no years", people, bare});
  Content wild;
  for (const int64_t id : people.item_ids()) wild[id] = {{"", "Drama", "Drama"}, -5};
  odd.push_back({"senseless content", people, wild});
  std::vector<int64_t> u(10'000, 0);
  std::vector<int64_t> i;
  for (int64_t item = 0; item < 10'000; ++item) i.push_back(item);
  for (int64_t other = 1; other < 12; ++other) {
    for (int64_t item = 0; item < 9; ++item) {
      u.push_back(other);
      i.push_back(item * other);
    }
  }
  odd.push_back({"10,000 films by one person", Of(u, i, std::vector<float>(u.size(), 4))});
  return odd;
}

TEST(OddData, IsFittedOrRefusedByNameAndRankedInFiniteNumbers) {
  for (const Odd& odd : OddData()) {
    SCOPED_TRACE(odd.name);
    const Fitting fitting{.content = std::make_shared<const Content>(odd.content)};
    const auto algorithm = Resolve(*FindTask(kRanking), "auto", odd.ratings);
    ASSERT_TRUE(algorithm.ok());
    const auto found = Search(*algorithm, odd.ratings, {}, fitting, {.trials = 8});
    ASSERT_TRUE(found.ok()) << found.error().ToString();
    for (const Trial& trial : found->trials) EXPECT_TRUE(std::isfinite(trial.objective));
    const auto ranker = FitRanker(*algorithm, odd.ratings, found->values, fitting);
    if (!ranker.ok()) {
      EXPECT_EQ(ranker.error().reason, "no_observations");
      continue;
    }
    const std::vector<RatedItem> history{{0, 5}, {odd.ratings.items() - 1, 0.5F}};
    for (const float score : (*ranker)->ScoreAll(history)) ASSERT_TRUE(std::isfinite(score));
    for (const ScoredItem& one : (*ranker)->Recommend(history, 10)) {
      EXPECT_NE(one.item, 0);
      EXPECT_NE(one.item, odd.ratings.items() - 1);
    }
  }
}

TEST(OddData, NothingAtAllIsRefused) {
  EXPECT_EQ(Fit("ials+ease", RatingMatrix(), {}, {}).error().reason, "no_observations");
  EXPECT_TRUE(Search("ials+ease", RatingMatrix(), {}, {}, {})->trials.empty());
}

}  // namespace
}  // namespace marquee::models
