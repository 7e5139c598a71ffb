#include "trainer/app/split.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "trainer/testing/latent_ratings.h"

namespace marquee::trainer {
namespace {

models::RatingMatrix Matrix(const testing::Audience& audience = {}) {
  const auto ratings = testing::LatentRatings(audience);
  return models::RatingMatrix::Build(ratings.user_ids, ratings.movie_ids, ratings.values).value();
}

TEST(HoldOutUsers, GivesFourFifthsOfTheirMoviesAndAsksForEachFifthInTurn) {
  const auto matrix = Matrix({.users = 200, .movies = 60, .ratings_per_user = 20});
  const auto split = HoldOutUsers(matrix, 1);
  constexpr std::size_t kHeldOut = 67;  // a third
  EXPECT_EQ(split.held_out.size(), 5 * kHeldOut);
  std::map<std::int32_t, std::set<std::int32_t>> asked;
  for (const auto& held : split.held_out) {
    asked[held.user].insert(held.relevant.begin(), held.relevant.end());
    EXPECT_EQ(held.given.size(), 16U);
    EXPECT_EQ(held.relevant.size(), 4U);
    EXPECT_TRUE(std::is_sorted(held.relevant.begin(), held.relevant.end()));
    for (const auto& given : held.given)
      EXPECT_FALSE(std::binary_search(held.relevant.begin(), held.relevant.end(), given.item));
    EXPECT_EQ(split.train.by_user().RowSize(held.user), 0) << "took part in training";
  }
  EXPECT_EQ(asked.size(), kHeldOut);
  for (const auto& [user, movies] : asked) EXPECT_EQ(movies.size(), 20U) << "all of theirs";
  EXPECT_EQ(split.train.nonzeros(), matrix.nonzeros() - 67 * 20);
  EXPECT_EQ(split.train.items(), matrix.items());
}

// Two movies each.
std::size_t HeldOutOf(std::int64_t users) {
  std::vector<std::int64_t> user_ids;
  std::vector<std::int64_t> movie_ids;
  for (std::int64_t user = 0; user < users; ++user) {
    user_ids.insert(user_ids.end(), {user, user});
    movie_ids.insert(movie_ids.end(), {1, 2});
  }
  const std::vector<float> values(user_ids.size(), 3);
  const auto split =
      HoldOutUsers(models::RatingMatrix::Build(user_ids, movie_ids, values).value(), 1);
  std::set<std::int32_t> people;
  for (const auto& held : split.held_out) people.insert(held.user);
  EXPECT_EQ(split.held_out.size(), people.size() * (people.size() < 2'000 ? 2 : 1));
  return people.size();
}

TEST(HoldOutUsers, TakesAThousandWhereTheyAreNoMoreThanAThird) {
  EXPECT_EQ(HeldOutOf(610), 204U) << "a third";
  EXPECT_EQ(HeldOutOf(3'500), 1'000U);
  EXPECT_EQ(HeldOutOf(8'100), 1'013U) << "an eighth is more";
  EXPECT_EQ(HeldOutOf(20'000), 2'500U) << "enough to ask each once";
  EXPECT_EQ(HeldOutOf(90'000), 10'000U) << "and never more";
}

TEST(HoldOutUsers, AnotherSeedHoldsOutOthers) {
  const auto matrix = Matrix();
  const auto users = [&](std::uint64_t seed) {
    std::set<std::int32_t> held_out;
    for (const auto& held : HoldOutUsers(matrix, seed).held_out) held_out.insert(held.user);
    return held_out;
  };
  const auto first = users(1);
  std::size_t shared = 0;
  for (const auto user : users(2)) shared += first.count(user);
  EXPECT_LT(shared, first.size() / 2);
}

// What makes champions comparable: more ratings later, and the same people are (nearly all) held
// out.
TEST(HoldOutUsers, StaysWithItsUsersAsTheRatingsGrow) {
  const auto today = Matrix({.users = 800});
  const auto later = Matrix({.users = 840});
  std::set<std::int64_t> before;
  for (const auto& held : HoldOutUsers(today, 1).held_out)
    before.insert(today.user_ids()[static_cast<std::size_t>(held.user)]);
  std::size_t newly = 0;
  for (const auto& held : HoldOutUsers(later, 1).held_out) {
    const auto id = later.user_ids()[static_cast<std::size_t>(held.user)];
    if (id <= 800 && !before.contains(id)) ++newly;
  }
  EXPECT_LE(newly, before.size() / 10);
}

TEST(HoldOutUsers, LeavesOutUsersWithOneRating) {
  const std::vector<std::int64_t> users = {1, 2, 3, 3};
  const std::vector<std::int64_t> movies = {1, 1, 1, 2};
  const std::vector<float> values = {4, 4, 4, 4};
  const auto matrix = models::RatingMatrix::Build(users, movies, values).value();
  const auto split = HoldOutUsers(matrix, 1);
  ASSERT_EQ(split.held_out.size(), 2U) << "each of the two movies in turn";
  EXPECT_EQ(split.held_out[0].user, 2);
  EXPECT_NE(split.held_out[0].relevant, split.held_out[1].relevant);
  EXPECT_EQ(split.held_out[0].given.size(), 1U);
  EXPECT_EQ(split.held_out[0].relevant.size(), 1U);
}

TEST(HoldOutRatings, TakesATenthAndKeepsTheRest) {
  const auto matrix = Matrix();
  const auto split = HoldOutRatings(matrix, 1);
  const auto held = static_cast<double>(split.held_out.size());
  EXPECT_NEAR(held / static_cast<double>(matrix.nonzeros()), 0.1, 0.02);
  EXPECT_EQ(split.train.nonzeros() + static_cast<std::int64_t>(split.held_out.size()),
            matrix.nonzeros());
  for (const auto& rating : split.held_out) {
    const auto row = split.train.by_user().RowColumns(rating.user);
    EXPECT_FALSE(std::binary_search(row.begin(), row.end(), rating.item));
  }
}

TEST(HoldOutRatings, StaysWithItsRatingsAsOthersCome) {
  const auto before = Matrix({.users = 100});
  auto grown = testing::LatentRatings({.users = 100});
  grown.user_ids.insert(grown.user_ids.begin(), 0);  // shifts every dense index
  grown.movie_ids.insert(grown.movie_ids.begin(), 1);
  grown.values.insert(grown.values.begin(), 3);
  const auto after =
      models::RatingMatrix::Build(grown.user_ids, grown.movie_ids, grown.values).value();
  const auto ids = [](const models::RatingMatrix& matrix) {
    std::set<std::pair<std::int64_t, std::int64_t>> pairs;
    for (const auto& held : HoldOutRatings(matrix, 1).held_out)
      pairs.emplace(matrix.user_ids()[static_cast<std::size_t>(held.user)],
                    matrix.item_ids()[static_cast<std::size_t>(held.item)]);
    pairs.erase({0, 1});
    return pairs;
  };
  EXPECT_EQ(ids(before), ids(after));
}

}  // namespace
}  // namespace marquee::trainer
