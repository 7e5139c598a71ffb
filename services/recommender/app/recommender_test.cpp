#include "recommender/app/recommender.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "recommender/testing/fixtures.h"
#include "recommender/testing/recommender_fixture.h"

namespace marquee::recommender {
namespace {

using namespace std::chrono_literals;
using testing_::Ids;
using testing_::MakeCatalogue;
using testing_::MakeRanking;
using testing_::MakeRating;

using testing_::RecommenderTest;

TEST_F(RecommenderTest, ListsMoviesThatThePersonHasNotRated) {
  InstallAll();
  const auto list = recommender_.ForPerson(Asking(), {.count = 10});
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->model_version, 3);
  EXPECT_FALSE(list->degraded);
  EXPECT_EQ(list->history_size, 4) << "movie 65 is not in the model";
  EXPECT_EQ(list->id.size(), 36U);
  EXPECT_EQ(list->id[14], '7');
  const auto ids = Movies(*list);
  ASSERT_EQ(ids.size(), 10U);
  for (const auto& rated : history_) {
    EXPECT_EQ(std::count(ids.begin(), ids.end(), rated.movie_id), 0);
  }
  EXPECT_TRUE(std::is_sorted(list->movies.begin(), list->movies.end(),
                             [](const auto& a, const auto& b) { return a.score > b.score; }));
}

TEST_F(RecommenderTest, WhatWasRatedTooLongAgoToCountIsNotRecommended) {
  InstallAll();
  const auto before = recommender_.ForPerson(Asking(), {.count = 30});
  ASSERT_TRUE(before.ok());
  const auto best = Movies(*before);
  store_.FollowAnother({0, 0, 0});  // nothing is cached any more
  for (std::size_t at = 0; at < best.size(); at += 2) history_.push_back({best[at], 0});
  const auto after = recommender_.ForPerson(Asking(), {.count = 15});
  ASSERT_TRUE(after.ok());
  std::vector<std::int64_t> others;
  for (std::size_t at = 1; at < best.size(); at += 2) others.push_back(best[at]);
  EXPECT_EQ(Movies(*after), others) << "the same scores, without them";
  EXPECT_EQ(after->history_size, 4);

  // The popular list, too, and predictions and explanations, which go by what counts alone.
  EXPECT_EQ(recommender_.Predict(Asking(), others[0])->history_size, 4);
  EXPECT_EQ(recommender_.Explain(Asking(), others[0])->contributions.size(), 4U);
  serving_.Install("ranking", nullptr);
  const auto popular = recommender_.ForPerson(Asking(), {.count = 70});
  ASSERT_TRUE(popular.ok());
  EXPECT_TRUE(popular->degraded);
  EXPECT_EQ(popular->movies.size(), 70 - history_.size());
}

TEST_F(RecommenderTest, ReasonsAreTheLargestContributions) {
  InstallAll();
  const auto list = recommender_.ForPerson(Asking(), {.count = 20});
  ASSERT_TRUE(list.ok());
  for (const auto& movie : list->movies) {
    ASSERT_LE(movie.because.size(), 3U);
    const auto whole = recommender_.Explain(Asking(), list->serving->catalogue()->Id(movie.row));
    ASSERT_TRUE(whole.ok());
    EXPECT_NEAR(whole->score, movie.score, 1e-4);
    for (std::size_t at = 0; at < movie.because.size(); ++at) {
      EXPECT_EQ(movie.because[at].movie_id, whole->contributions[at].movie_id);
      EXPECT_GT(movie.because[at].contribution, 0);
      EXPECT_NEAR(movie.because[at].contribution, whole->contributions[at].contribution, 1e-5);
    }
  }
}

TEST_F(RecommenderTest, WhatWasDislikedIsNoReasonButSaidToTakeAway) {
  InstallAll();
  auto model = testing_::MakeModel(models::kRanking, Ids(1, 60), 1);
  model.parameters.numbers["ials.level_mean"] = 3.5F;
  model.parameters.numbers["ials.level_damping"] = 5;
  model.parameters.numbers["ials.level_aversion"] = 0.6F;
  serving_.Install(
      "ranking",
      std::make_shared<const ModelInUse>(ModelInUse{
          .version = 4, .created_at = {}, .ranker = *models::Ranker::Make(std::move(model))}));
  history_ = {{1, 5.0F}, {2, 4.0F}, {3, 5.0F}, {4, 0.5F}};
  const auto list = recommender_.ForPerson(Asking(), {.count = 50});
  ASSERT_TRUE(list.ok());
  int taken = 0;
  for (const auto& movie : list->movies) {
    for (const auto& reason : movie.because) EXPECT_NE(reason.movie_id, 4);
    for (const auto& against : movie.despite) {
      EXPECT_EQ(against.movie_id, 4);
      EXPECT_EQ(against.rating, 0.5F);
      EXPECT_LT(against.contribution, 0);
      EXPECT_TRUE(against.disliked);
      ++taken;
    }
    const auto whole = recommender_.Explain(Asking(), list->serving->catalogue()->Id(movie.row));
    ASSERT_TRUE(whole.ok());
    EXPECT_NEAR(whole->score, movie.score, 1e-4);
    for (const auto& part : whole->contributions) {
      EXPECT_EQ(part.disliked, part.movie_id == 4);
      if (part.disliked) {
        EXPECT_LE(part.contribution, 0);
      }
    }
  }
  EXPECT_GT(taken, 0);
}

TEST_F(RecommenderTest, FiltersHoldInPersonalAndPopularLists) {
  for (const bool personal : {true, false}) {
    if (personal) InstallAll();
    if (!personal) serving_.Install("ranking", nullptr);
    const MovieFilter filter{
        .genre = "Odd", .year_min = 1990, .year_max = 2010, .min_rating_count = 15};
    const auto list = recommender_.ForPerson(Asking(), {.filter = filter, .count = 100});
    ASSERT_TRUE(list.ok());
    EXPECT_EQ(list->degraded, !personal);
    std::set<std::int64_t> expected;
    for (std::int64_t id = 5; id <= (personal ? 60 : 70); ++id) {
      const auto year = 1980 + id % 40;
      if (id % 2 == 1 && id >= 15 && year >= 1990 && year <= 2010 && id != 65) expected.insert(id);
    }
    const auto ids = Movies(*list);
    EXPECT_EQ(std::set<std::int64_t>(ids.begin(), ids.end()), expected);
    EXPECT_EQ(ids.size(), expected.size());
  }
}

TEST_F(RecommenderTest, NeverShowsWhatIsNotInTheCatalogue) {
  InstallAll();
  serving_.Install(MakeCatalogue(Ids(31, 60)));
  const auto list = recommender_.ForPerson(Asking(), {.count = 100});
  ASSERT_TRUE(list.ok());
  const auto ids = Movies(*list);
  EXPECT_EQ(ids.size(), 30U);
  EXPECT_GE(*std::min_element(ids.begin(), ids.end()), 31);
  const auto similar = recommender_.Similar(40, 100);
  ASSERT_TRUE(similar.ok());
  EXPECT_EQ(similar->movies.size(), 29U);
}

TEST_F(RecommenderTest, ThePopularListStandsInAndSaysSo) {
  serving_.Install(MakeCatalogue(Ids(1, 70)));
  const auto expect_popular = [&](const Result<RecommendationList>& list,
                                  std::vector<std::int64_t> first) {
    ASSERT_TRUE(list.ok());
    EXPECT_TRUE(list->degraded);
    EXPECT_EQ(list->model_version, 0);
    EXPECT_EQ(list->history_size, 0);
    auto ids = Movies(*list);
    ids.resize(first.size());
    EXPECT_EQ(ids, first);
  };
  // No model: without what was rated (65).
  expect_popular(recommender_.ForPerson(Asking(), {.count = 10}), {70, 69, 68, 67, 66, 64});
  InstallAll();
  // Nothing that the model knows.
  const Rated unknown[] = {{70, 5.0F}, {1234, 4.0F}};
  expect_popular(recommender_.ForRatings(unknown, {.count = 10}), {69, 68});
  // Ratings can't be read.
  ratings_down_ = true;
  expect_popular(recommender_.ForPerson(Asking(), {.count = 10}), {70, 69});
}

TEST_F(RecommenderTest, SaysThatItIsNotReadyWithoutACatalogue) {
  const auto list = recommender_.ForPerson(Asking(), {.count = 10});
  ASSERT_FALSE(list.ok());
  EXPECT_EQ(list.error().reason, "catalogue_unavailable");
  EXPECT_EQ(recommender_.Similar(1, 1).error().code, Code::kUnavailable);
  EXPECT_EQ(recommender_.Predict(Asking(), 1).error().code, Code::kUnavailable);
  EXPECT_EQ(recommender_.Explain(Asking(), 1).error().code, Code::kUnavailable);
}

TEST_F(RecommenderTest, AnonymousRatingsGiveWhatAUserWithThemGets) {
  InstallAll();
  const auto user = recommender_.ForPerson(Asking(), {.count = 10});
  const auto anonymous = recommender_.ForRatings(history_, {.count = 10});
  ASSERT_TRUE(user.ok() && anonymous.ok());
  EXPECT_EQ(Movies(*user), Movies(*anonymous));
  EXPECT_NE(user->id, anonymous->id);
}

TEST_F(RecommenderTest, RefusesBadInputWithItsField) {
  InstallAll();
  const Rated repeated[] = {{1, 5.0F}, {2, 4.0F}, {1, 3.0F}};
  EXPECT_EQ(recommender_.ForRatings(repeated, {.count = 10}).error().field, "ratings[2].movie_id");
  const Rated between[] = {{1, 5.0F}, {2, 4.2F}};
  const auto refused = recommender_.ForRatings(between, {.count = 10});
  EXPECT_EQ(refused.error().reason, "rating_out_of_range");
  EXPECT_EQ(refused.error().field, "ratings[1].value");
  EXPECT_EQ(recommender_.ForPerson(Asking(), {.filter = {.year_min = 2000, .year_max = 1990}})
                .error()
                .field,
            "year_min");
}

TEST_F(RecommenderTest, CountIsTwentyUnlessSaid) {
  InstallAll();
  EXPECT_EQ(recommender_.ForPerson(Asking(), {.count = 0})->movies.size(), 20U);
  EXPECT_EQ(recommender_.ForPerson(Asking(), {.count = 5})->movies.size(), 5U);
}

TEST_F(RecommenderTest, WhatWasRatedIsShownWhereItIsAskedFor) {
  for (const bool personal : {true, false}) {
    InstallAll();
    if (!personal) serving_.Install("ranking", nullptr);
    const std::size_t movies = personal ? 60 : 70, rated = personal ? 4 : 5;
    const auto size = [&](Rewatch rewatch) {
      return recommender_.ForPerson(Asking(), {.count = 100, .rewatch = rewatch})->movies.size();
    };
    EXPECT_EQ(size(Rewatch::kExclude), movies - rated);
    EXPECT_EQ(size(Rewatch::kInclude), movies);
    EXPECT_EQ(size(Rewatch::kOnly), rated);
  }
}

TEST_F(RecommenderTest, DiverseListsMixGenres) {
  for (const bool personal : {true, false}) {
    InstallAll();
    if (!personal) serving_.Install("ranking", nullptr);
    const auto list = recommender_.ForPerson(Asking(), {.count = 10, .diversity = 1});
    ASSERT_TRUE(list.ok());
    const auto ids = Movies(*list);
    ASSERT_EQ(ids.size(), 10U);
    EXPECT_EQ(ids.front(), Movies(*recommender_.ForPerson(Asking(), {})).front());
    EXPECT_NE(ids[0] % 2, ids[1] % 2) << "of the two genres";
  }
}

TEST_F(RecommenderTest, SimilarMoviesAreByCosineWithoutTheMovieItself) {
  InstallAll();
  const auto list = recommender_.Similar(10, 60);
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(list->model_version, 3);
  ASSERT_EQ(list->movies.size(), 59U);
  double last = 1.0001;
  for (const auto& movie : list->movies) {
    EXPECT_NE(list->serving->catalogue()->Id(movie.row), 10);
    EXPECT_LE(movie.similarity, last);
    last = movie.similarity;
  }
  EXPECT_GE(last, -1.0001);
  EXPECT_EQ(recommender_.Similar(71, 10).error().code, Code::kNotFound);
  const auto unknown = recommender_.Similar(70, 10);
  ASSERT_TRUE(unknown.ok());
  EXPECT_TRUE(unknown->movies.empty());
}

TEST_F(RecommenderTest, ContributionsSumToTheScore) {
  InstallAll();
  const auto explanation = recommender_.Explain(Asking(), 50);
  ASSERT_TRUE(explanation.ok());
  EXPECT_EQ(explanation->model_version, 3);
  ASSERT_EQ(explanation->contributions.size(), 4U);
  double sum = 0;
  for (const auto& part : explanation->contributions) sum += part.contribution;
  EXPECT_NEAR(sum, explanation->score, 1e-9);
  const auto list = recommender_.ForPerson(Asking(), {.count = 100});
  ASSERT_TRUE(list.ok());
  bool found = false;
  for (const auto& movie : list->movies) {
    if (list->serving->catalogue()->Id(movie.row) != 50) continue;
    found = true;
    EXPECT_NEAR(movie.score, explanation->score, 1e-4);
  }
  EXPECT_TRUE(found);
}

TEST_F(RecommenderTest, SaysWhyThereIsNoExplanation) {
  serving_.Install(MakeCatalogue(Ids(1, 70)));
  EXPECT_EQ(recommender_.Explain(Asking(), 50).error().reason, "model_missing");
  InstallAll();
  EXPECT_EQ(recommender_.Explain(Asking(), 71).error().code, Code::kNotFound);
  EXPECT_EQ(recommender_.Explain(Asking(), 70).error().reason, "movie_not_in_model");
  history_ = {{65, 5.0F}};
  EXPECT_EQ(recommender_.Explain(Asking(), 50).error().reason, "history_empty");
}

TEST_F(RecommenderTest, PredictsByTheModelThenTheMovieThenEverything) {
  serving_.Install(MakeCatalogue(Ids(1, 70)));
  const auto by_mean = recommender_.Predict(Asking(), 68);
  ASSERT_TRUE(by_mean.ok());
  EXPECT_EQ(by_mean->model_version, 0);
  EXPECT_NEAR(by_mean->rating, 4.0, 1e-6);  // 3 + 68 % 3 / 2

  auto movies = testing_::MakeMovies(Ids(1, 70));
  movies.push_back({.movie_id = 100, .title = "New", .rating_count = 0});
  const auto catalogue = Catalogue::Make(movies);
  serving_.Install(catalogue);
  const auto by_all = recommender_.Predict(Asking(), 100);
  ASSERT_TRUE(by_all.ok());
  EXPECT_NEAR(by_all->rating, catalogue->global_mean(), 1e-6);

  const auto model = MakeRating(5, Ids(1, 60), 1);
  serving_.Install("rating", model);
  const models::RatedItem items[] = {{0, 5.0F}, {1, 4.0F}, {2, 3.5F}, {3, 1.0F}};
  const auto profile = model->ranker->Read(items);
  const auto by_model = recommender_.Predict(Asking(), 50);
  ASSERT_TRUE(by_model.ok());
  EXPECT_EQ(by_model->model_version, 5);
  EXPECT_EQ(by_model->history_size, 4);
  EXPECT_NEAR(by_model->rating, profile->Score(49), 1e-6);
  const double beside_everyone = profile->Score(-1) - model->ranker->Score({}, -1);
  EXPECT_NEAR(recommender_.Predict(Asking(), 68)->rating,
              std::clamp(4.0 + beside_everyone, 0.5, 5.0), 1e-6);
  EXPECT_NEAR(recommender_.Predict(Asking(), 100)->rating, profile->Score(-1), 1e-6);
  EXPECT_EQ(recommender_.Predict(Asking(), 71).error().code, Code::kNotFound);

  ratings_down_ = true;
  EXPECT_EQ(recommender_.Predict(Asking(), 50).error().code, Code::kUnavailable);
}

TEST_F(RecommenderTest, SaysHowSureAPredictionIsWhereTheModelDoes) {
  serving_.Install(MakeCatalogue(Ids(1, 70)));
  serving_.Install("rating", MakeRating(5, Ids(1, 60), 1));
  EXPECT_FALSE(recommender_.Predict(Asking(), 50)->predictive) << "an algorithm that doesn't";
  const auto model = testing_::MakeSureRating(6, Ids(1, 60), 1);
  serving_.Install("rating", model);
  const models::RatedItem items[] = {{0, 5.0F}, {1, 4.0F}, {2, 3.5F}, {3, 1.0F}};
  const auto expected = model->ranker->Read(items)->Predict(49);
  const auto predicted = recommender_.Predict(Asking(), 50);
  ASSERT_TRUE(predicted.ok() && predicted->predictive);
  EXPECT_EQ(predicted->model_version, 6);
  EXPECT_EQ(predicted->predictive->standard_deviation, expected->standard_deviation);
  EXPECT_EQ(predicted->predictive->distribution, expected->distribution);
  EXPECT_NEAR(predicted->rating, std::clamp(expected->mean, 0.5, 5.0), 1e-6);
  EXPECT_FALSE(recommender_.Predict(Asking(), 68)->predictive) << "a movie that it doesn't know";
}

TEST_F(RecommenderTest, PersonalListsSayHowManyStarsTheMoviesWouldGet) {
  serving_.Install(MakeCatalogue(Ids(1, 70)));
  serving_.Install("ranking", MakeRanking(3, Ids(1, 60), 2));
  const auto without = recommender_.ForPerson(Asking(), {.count = 20});
  ASSERT_TRUE(without.ok());
  for (const auto& movie : without->movies)
    EXPECT_FALSE(movie.predicted_rating) << "no rating model";
  serving_.Install("rating", MakeRating(5, Ids(1, 40), 1));
  const auto list = recommender_.ForPerson(Asking(), {.count = 56});
  ASSERT_TRUE(list.ok());
  int unknown = 0;
  for (const auto& movie : list->movies) {
    const std::int64_t id = list->serving->catalogue()->Id(movie.row);
    EXPECT_EQ(movie.predicted_rating.has_value(), id <= 40) << id;
    unknown += movie.predicted_rating ? 0 : 1;
    if (!movie.predicted_rating) continue;
    EXPECT_NEAR(*movie.predicted_rating, recommender_.Predict(Asking(), id)->rating, 1e-6);
  }
  EXPECT_EQ(unknown, 20);
  history_ = {};
  const auto popular = recommender_.ForPerson(Asking(), {.count = 20});
  ASSERT_TRUE(popular.ok() && popular->degraded);
  for (const auto& movie : popular->movies)
    EXPECT_FALSE(movie.predicted_rating) << "the popular list is nobody's";
}

TEST_F(RecommenderTest, SaysThatNothingWasRated) {
  serving_.Install(Catalogue::Make({{.movie_id = 1, .title = "New"}}));
  EXPECT_EQ(recommender_.Predict(Asking(), 1).error().reason, "nothing_rated");
}

// Version v knows the movies 1 to 5 (rated by everybody) and v·100 … v·100 + 29: an answer that
// mixed two versions would show it.
TEST_F(RecommenderTest, EveryAnswerIsOfOneVersionWhileModelsAreSwapped) {
  constexpr int kVersions = 9;
  std::vector<std::int64_t> all = Ids(1, 5);
  std::vector<std::shared_ptr<const ModelInUse>> versions;
  for (int version = 1; version <= kVersions; ++version) {
    auto ids = Ids(1, 5);
    for (const auto id : Ids(version * 100, version * 100 + 29)) {
      ids.push_back(id);
      all.push_back(id);
    }
    versions.push_back(MakeRanking(version, ids, static_cast<unsigned>(version)));
  }
  serving_.Install(MakeCatalogue(all));
  serving_.Install("ranking", versions[0]);
  history_ = {{1, 5.0F}, {2, 4.0F}, {5, 3.0F}};

  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::atomic<int> answers = 0;
  std::atomic<int> seen = 0;  // bit for each version
  const auto read = [&] {
    while (!stop) {
      const auto list = recommender_.ForPerson(Asking(), {.count = 30});
      if (!list.ok() || list->degraded || list->movies.size() != 30) {
        ++wrong;
        continue;
      }
      for (const auto id : Movies(*list)) {
        if (id > 5 && id / 100 != list->model_version) ++wrong;
      }
      seen |= 1 << list->model_version;
      ++answers;
    }
  };
  std::thread one(read);
  std::thread two(read);
  for (int round = 0; round < 50; ++round) {
    const int before = answers;
    serving_.Install("ranking", versions[static_cast<std::size_t>(round % kVersions)]);
    if (round % 7 == 0) serving_.Install(MakeCatalogue(all));
    while (answers < before + 2) std::this_thread::yield();
  }
  stop = true;
  one.join();
  two.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(seen, (1 << (kVersions + 1)) - 2) << "every version answered";
}

}  // namespace
}  // namespace marquee::recommender
