#include "recommender/app/group.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "recommender/testing/recommender_fixture.h"

namespace marquee::recommender {
namespace {

class GroupTest : public testing_::RecommenderTest {
 protected:
  using Members = std::vector<std::vector<Rated>>;
  // Each movie's score for these ratings, by the list of one person.
  std::map<std::int64_t, double> Alone(std::span<const Rated> ratings) {
    const auto list = recommender_.ForRatings(ratings, {.count = 100});
    std::map<std::int64_t, double> scores;
    for (const auto& movie : list->movies)
      scores[list->serving->catalogue()->Id(movie.row)] = movie.score;
    return scores;
  }
  GroupList ListFor(const Members& members, GroupStrategy strategy, ListRequest request = {}) {
    auto list = recommender_.ForGroup(members, strategy, request);
    EXPECT_TRUE(list.ok());
    return std::move(*list);
  }
  const std::vector<Rated> ada_ = {{1, 5.0F}, {2, 4.0F}, {3, 3.5F}};
  const std::vector<Rated> bob_ = {{4, 5.0F}, {5, 0.5F}, {6, 4.0F}};
};

TEST_F(GroupTest, ScoresAreTheMembersOwnMadeComparable) {
  InstallAll();
  for (const auto strategy : {GroupStrategy::kAverage, GroupStrategy::kLeastMisery}) {
    const auto group = ListFor({ada_, bob_}, strategy, {.count = 100});
    EXPECT_EQ(group.list.movies.size(), 54U) << "60 less what either rated";
    EXPECT_EQ(group.history_sizes, (std::vector<std::int32_t>{3, 3}));
    const std::map<std::int64_t, double> alone[] = {Alone(ada_), Alone(bob_)};
    double largest[] = {0, 0};
    for (const auto id : Movies(group.list)) {
      for (int member = 0; member < 2; ++member)
        largest[member] = std::max(largest[member], std::abs(alone[member].at(id)));
    }
    double last = 2;
    const auto ids = Movies(group.list);
    for (std::size_t at = 0; at < ids.size(); ++at) {
      double scores[2];
      for (int member = 0; member < 2; ++member) {
        scores[member] = alone[member].at(ids[at]) / largest[member];
        EXPECT_NEAR(group.opinions[at][member]->score, scores[member], 1e-5);
        EXPECT_TRUE(group.opinions[at][member]->predicted_rating);
      }
      const double expected = strategy == GroupStrategy::kAverage ? (scores[0] + scores[1]) / 2
                                                                  : std::min(scores[0], scores[1]);
      EXPECT_NEAR(group.list.movies[at].score, expected, 1e-5);
      EXPECT_LE(group.list.movies[at].score, last);
      last = group.list.movies[at].score;
    }
  }
}

TEST_F(GroupTest, OneMemberGetsTheirOwnList) {
  InstallAll();
  const auto alone = recommender_.ForRatings(ada_, {.count = 20});
  for (const auto strategy : {GroupStrategy::kAverage, GroupStrategy::kLeastMisery})
    EXPECT_EQ(Movies(ListFor({ada_}, strategy).list), Movies(*alone));
}

TEST_F(GroupTest, WhoRatedNothingKnownHasNoSay) {
  InstallAll();
  const std::vector<Rated> stranger = {{65, 5.0F}};
  const auto group = ListFor({ada_, stranger}, GroupStrategy::kLeastMisery);
  EXPECT_EQ(Movies(group.list), Movies(*recommender_.ForRatings(ada_, {})));
  EXPECT_EQ(group.history_sizes, (std::vector<std::int32_t>{3, 0}));
  EXPECT_TRUE(group.opinions[0][0]);
  EXPECT_FALSE(group.opinions[0][1]);
}

TEST_F(GroupTest, ThePopularListStandsInForStrangers) {
  InstallAll();
  const auto group = ListFor({{{65, 5.0F}}, {{70, 1.0F}}}, GroupStrategy::kAverage, {.count = 2});
  EXPECT_TRUE(group.list.degraded);
  EXPECT_EQ(Movies(group.list), (std::vector<std::int64_t>{69, 68}));
  EXPECT_TRUE(group.opinions.empty());
  serving_.Install("ranking", nullptr);
  EXPECT_TRUE(ListFor({ada_}, GroupStrategy::kAverage).list.degraded);
}

TEST_F(GroupTest, FiltersHold) {
  InstallAll();
  const auto group =
      ListFor({ada_, bob_}, GroupStrategy::kAverage, {.filter = {.genre = "Odd"}, .count = 100});
  const auto ids = Movies(group.list);
  EXPECT_EQ(ids.size(), 27U);
  EXPECT_TRUE(std::ranges::all_of(ids, [](auto id) { return id % 2 == 1; }));
}

TEST_F(GroupTest, SaysWhoseRatingIsWrong) {
  InstallAll();
  const Members wrong = {ada_, {{4, 5.0F}, {5, 0.7F}}};
  const auto refused = recommender_.ForGroup(wrong, GroupStrategy::kAverage, {});
  EXPECT_EQ(refused.error().field, "members[1].ratings[1].value");
  const Members twice = {{{4, 5.0F}, {4, 4.0F}}};
  EXPECT_EQ(recommender_.ForGroup(twice, GroupStrategy::kAverage, {}).error().field,
            "members[0].ratings[1].movie_id");
}

}  // namespace
}  // namespace marquee::recommender
