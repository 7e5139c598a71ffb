#include "recommender/app/what_if.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "recommender/testing/recommender_fixture.h"

namespace marquee::recommender {
namespace {

class WhatIfTest : public testing_::RecommenderTest {
 protected:
  // The person's ratings as they would be, by hand.
  std::vector<Rated> After(std::span<const RatingEdit> edits) const {
    std::map<std::int64_t, float> ratings;
    for (const auto& rated : history_) ratings[rated.movie_id] = rated.value;
    for (const auto& edit : edits) {
      if (edit.value) ratings[edit.movie_id] = *edit.value;
      if (!edit.value) ratings.erase(edit.movie_id);
    }
    std::vector<Rated> after;
    for (const auto& [movie_id, value] : ratings) after.push_back({movie_id, value});
    return after;
  }
  // Places from 1, by movie.
  static std::map<std::int64_t, int> Places(const RecommendationList& list) {
    std::map<std::int64_t, int> places;
    for (const auto id : Movies(list)) places.emplace(id, static_cast<int>(places.size()) + 1);
    return places;
  }
  std::string ErrorOf(std::vector<RatingEdit> edits) {
    const auto refused = recommender_.WhatIf(Asking(), edits, {});
    return refused.ok() ? "" : refused.error().reason + " " + refused.error().field;
  }
};

TEST_F(WhatIfTest, EqualsWhatTheChangeWouldGiveAndSaysWhatMovedIt) {
  InstallAll();
  std::mt19937 random(7);
  const auto draw = [&](int below) {
    return static_cast<int>(random() % static_cast<unsigned>(below));
  };
  const auto as_it_is = recommender_.ForPerson(Asking(), {.count = 10});
  ASSERT_TRUE(as_it_is.ok());
  const auto before = Places(*as_it_is);
  for (int round = 0; round < 1'000; ++round) {
    std::map<std::int64_t, RatingEdit> edits;
    for (int n = draw(6); n >= 0; --n) {
      const bool rated = draw(2) == 0;
      const std::int64_t id =
          rated ? history_[static_cast<std::size_t>(draw(5))].movie_id : 5 + draw(60);
      const bool gone = draw(3) == 0;
      edits[id] = {id,
                   gone ? std::nullopt : std::optional(0.5F * static_cast<float>(1 + draw(10)))};
    }
    std::vector<RatingEdit> changes;
    for (const auto& [id, edit] : edits) changes.push_back(edit);
    const auto result = recommender_.WhatIf(Asking(), changes, {.count = 10});
    ASSERT_TRUE(result.ok()) << result.error().ToString();
    const auto real = recommender_.ForRatings(After(changes), {.count = 10});
    ASSERT_TRUE(real.ok());
    ASSERT_EQ(Movies(result->list), Movies(*real)) << round;
    ASSERT_EQ(result->list.degraded, real->degraded);
    ASSERT_EQ(result->list.history_size, real->history_size);
    ASSERT_EQ(result->moved.size(), real->movies.size());
    for (std::size_t at = 0; at < real->movies.size(); ++at) {
      ASSERT_EQ(result->list.movies[at].score, real->movies[at].score);
      ASSERT_EQ(result->list.movies[at].predicted_rating, real->movies[at].predicted_rating);
    }
    const auto now = Places(result->list);
    for (const auto* list : {&result->moved, &result->dropped}) {
      for (const auto& moved : *list) {
        const auto id = result->list.serving->catalogue()->Id(moved.movie.row);
        ASSERT_EQ(now.contains(id), list == &result->moved);
        const auto place = before.find(id);
        ASSERT_EQ(moved.place_before,
                  place == before.end() ? std::nullopt : std::optional(place->second));
        if (!moved.score_before || !moved.score_after) continue;
        double sum = moved.moved_by_others;
        for (const auto& move : moved.moved_by) sum += move.change;
        ASSERT_NEAR(sum, *moved.score_after - *moved.score_before, 1e-4);
        ASSERT_LE(moved.moved_by.size(), 5U);
      }
    }
    std::size_t left = 0;
    for (const auto& [id, place] : before) left += now.contains(id) ? 0 : 1;
    ASSERT_EQ(result->dropped.size(), left);
  }
}

TEST_F(WhatIfTest, NothingIsKept) {
  InstallAll();
  const auto before = Movies(*recommender_.ForPerson(Asking(), {.count = 10}));
  const RatingEdit edits[] = {{1, 0.5F}, {2, std::nullopt}, {30, 5.0F}};
  ASSERT_NE(Movies(recommender_.WhatIf(Asking(), edits, {.count = 10})->list), before);
  EXPECT_EQ(Movies(*recommender_.ForPerson(Asking(), {.count = 10})), before);
}

TEST_F(WhatIfTest, SaysWhatEachRatingWasAndWouldBe) {
  InstallAll();
  history_ = {{1, 5.0F}, {2, 4.0F}};
  const RatingEdit edits[] = {{1, 1.0F}, {2, std::nullopt}, {30, 5.0F}};
  const auto result = recommender_.WhatIf(Asking(), edits, {.count = 10});
  ASSERT_TRUE(result.ok());
  const auto& moves = result->moved.front().moved_by;
  ASSERT_EQ(moves.size(), 3U);
  for (const auto& move : moves) {
    const std::pair<std::optional<float>, std::optional<float>> values{move.rating_before,
                                                                       move.rating_after};
    const auto expected = move.movie_id == 1 ? std::pair{std::optional(5.0F), std::optional(1.0F)}
                          : move.movie_id == 2
                              ? std::pair{std::optional(4.0F), std::optional<float>()}
                              : std::pair{std::optional<float>(), std::optional(5.0F)};
    EXPECT_EQ(values, expected) << move.movie_id;
  }
  EXPECT_TRUE(std::ranges::is_sorted(
      moves, [](const Move& a, const Move& b) { return std::abs(a.change) > std::abs(b.change); }));
}

TEST_F(WhatIfTest, AListWithoutAHistoryIsPopular) {
  InstallAll();
  std::vector<RatingEdit> all;
  for (const auto& rated : history_) all.push_back({rated.movie_id, std::nullopt});
  const auto none = recommender_.WhatIf(Asking(), all, {.count = 5});
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->list.degraded);
  EXPECT_FALSE(none->moved.front().score_after);
  // And the first rating makes it personal.
  history_.clear();
  const RatingEdit first[] = {{30, 5.0F}};
  const auto some = recommender_.WhatIf(Asking(), first, {.count = 5});
  ASSERT_TRUE(some.ok());
  EXPECT_FALSE(some->list.degraded);
  EXPECT_FALSE(some->moved.front().score_before);
  EXPECT_EQ(some->moved.front().moved_by.front().movie_id, 30);
}

TEST_F(WhatIfTest, SaysWhichChangeIsWrong) {
  InstallAll();
  EXPECT_EQ(ErrorOf({{1, 4.0F}, {2, 4.2F}}), "rating_out_of_range changes[1].value");
  EXPECT_EQ(ErrorOf({{1, 4.0F}, {1, std::nullopt}}), "rating_repeated changes[1].movie_id");
  EXPECT_EQ(ErrorOf({{99, 4.0F}}), "movie_unknown changes[0].movie_id");
  EXPECT_EQ(ErrorOf({{30, std::nullopt}}), "") << "what isn't rated can be taken back";
  ratings_down_ = true;
  EXPECT_EQ(recommender_.WhatIf(Asking(), {}, {}).error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace marquee::recommender
