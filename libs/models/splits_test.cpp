#include "models/splits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "models/testing/random_ratings.h"

namespace marquee::models {
namespace {

using testing::RandomRatings;

TEST(SplitUsers, HoldsEachUserOutOnceAndGivesFourFifths) {
  const RatingMatrix matrix = RandomRatings(53, 30, 0.9);
  std::multiset<int32_t> held;
  for (int fold = 0; fold < 5; ++fold) {
    const UserSplit split = SplitUsers(matrix, 5, fold, 1);
    EXPECT_EQ(split.train.items(), matrix.items());
    int64_t left_out = 0;
    for (const HeldOutUser& user : split.held_out) {
      held.insert(user.user);
      EXPECT_EQ(split.train.by_user().RowSize(user.user), 0) << "in training and held out";
      const auto n = static_cast<size_t>(matrix.by_user().RowSize(user.user));
      left_out += static_cast<int64_t>(n);
      ASSERT_EQ(user.given.size() + user.relevant.size(), n);
      ASSERT_EQ(user.stars.size(), user.relevant.size());
      const auto columns = matrix.by_user().RowColumns(user.user);
      for (size_t i = 0; i < user.relevant.size(); ++i) {
        const auto at = std::find(columns.begin(), columns.end(), user.relevant[i]);
        EXPECT_EQ(user.stars[i],
                  matrix.by_user().RowValues(user.user)[static_cast<size_t>(at - columns.begin())]);
      }
      EXPECT_NEAR(static_cast<double>(user.given.size()), 0.8 * static_cast<double>(n), 0.5001);
      EXPECT_TRUE(std::is_sorted(user.relevant.begin(), user.relevant.end()));
      for (const RatedItem& given : user.given) {
        EXPECT_FALSE(std::binary_search(user.relevant.begin(), user.relevant.end(), given.item));
      }
    }
    EXPECT_EQ(split.train.nonzeros() + left_out, matrix.nonzeros());
  }
  for (int32_t user = 0; user < matrix.users(); ++user) {
    EXPECT_EQ(held.count(user), matrix.by_user().RowSize(user) >= 2 ? 1U : 0U);
  }
}

TEST(SplitUsers, DependsOnTheSeedAlone) {
  const RatingMatrix matrix = RandomRatings(40, 30, 0.9);
  const auto given = [&](uint64_t seed) {
    std::vector<std::pair<int32_t, int32_t>> all;
    for (const HeldOutUser& user : SplitUsers(matrix, 4, 1, seed).held_out) {
      for (const RatedItem& rated : user.given) all.emplace_back(user.user, rated.item);
    }
    return all;
  };
  EXPECT_EQ(given(1), given(1));
  EXPECT_NE(given(1), given(2));
}

TEST(SplitRatings, HoldsEachRatingOutOnce) {
  const RatingMatrix matrix = RandomRatings(40, 30, 0.9);
  std::set<std::pair<int32_t, int32_t>> held;
  size_t total = 0;
  for (int fold = 0; fold < 5; ++fold) {
    const RatingSplit split = SplitRatings(matrix, 5, fold, 1);
    EXPECT_EQ(split.train.nonzeros() + static_cast<int64_t>(split.held_out.size()),
              matrix.nonzeros());
    for (const HeldOutRating& rating : split.held_out) held.insert({rating.user, rating.item});
    total += split.held_out.size();
  }
  EXPECT_EQ(held.size(), static_cast<size_t>(matrix.nonzeros()));
  EXPECT_EQ(total, held.size());
}

// Times that have nothing to do with ids: (user, item) by a hash, in few values, so that many tie.
std::vector<int64_t> Times(const RatingMatrix& matrix, uint64_t values) {
  std::vector<int64_t> times;
  for (int64_t entry = 0; entry < matrix.nonzeros(); ++entry)
    times.push_back(static_cast<int64_t>(Mix(5, static_cast<uint64_t>(entry)) % values));
  return times;
}

TEST(SplitUsersByTime, GivesTheEarliestOfTheSameUsers) {
  const RatingMatrix matrix = RandomRatings(53, 30, 0.9);
  const auto times = Times(matrix, 1'000'000);
  const auto time_of = [&](int32_t user, int32_t item) {
    const auto columns = matrix.by_user().RowColumns(user);
    const auto at = std::find(columns.begin(), columns.end(), item) - columns.begin();
    return times[static_cast<size_t>(matrix.by_user().offsets[static_cast<size_t>(user)] + at)];
  };
  for (const double fraction : {0.8, 1.0}) {
    const UserSplit split = SplitUsersByTime(matrix, times, 5, 2, 1, fraction);
    const UserSplit random = SplitUsers(matrix, 5, 2, 1);
    ASSERT_EQ(split.held_out.size(), random.held_out.size());
    EXPECT_EQ(split.train.nonzeros(), random.train.nonzeros());
    for (size_t i = 0; i < split.held_out.size(); ++i) {
      const HeldOutUser& user = split.held_out[i];
      EXPECT_EQ(user.user, random.held_out[i].user);
      if (fraction == 1) {
        EXPECT_EQ(user.relevant.size(), 1U) << "leaves the last";
      } else {
        EXPECT_EQ(user.relevant.size(), random.held_out[i].relevant.size());
      }
      int64_t last_given = 0;
      for (const RatedItem& given : user.given)
        last_given = std::max(last_given, time_of(user.user, given.item));
      for (const int32_t item : user.relevant) EXPECT_GE(time_of(user.user, item), last_given);
    }
  }
}

TEST(SplitUsersByTime, LeavesTiesToChance) {
  const RatingMatrix matrix = RandomRatings(200, 30, 0.9);
  const std::vector<int64_t> same(static_cast<size_t>(matrix.nonzeros()), 7);
  std::map<int32_t, int> last;
  for (const HeldOutUser& user : SplitUsersByTime(matrix, same, 2, 0, 1, 1).held_out)
    ++last[user.relevant.front()];
  EXPECT_GT(last.size(), 10U) << "and not to the films' ids";
}

TEST(HideItems, HidesEachMovieOnceFromEverybody) {
  const RatingMatrix matrix = RandomRatings(40, 30, 0.9);
  std::multiset<int32_t> hidden;
  for (int fold = 0; fold < 5; ++fold) {
    const UserSplit split = HideItems(matrix, 5, fold, 1);
    hidden.insert(split.among.begin(), split.among.end());
    EXPECT_EQ(split.train.items(), matrix.items());
    int64_t left_out = 0;
    for (const int32_t item : split.among) {
      EXPECT_EQ(split.train.by_item().RowSize(item), 0);
      left_out += matrix.by_item().RowSize(item);
    }
    EXPECT_EQ(split.train.nonzeros(), matrix.nonzeros() - left_out);
    for (const HeldOutUser& user : split.held_out) {
      EXPECT_FALSE(user.given.empty());
      EXPECT_FALSE(user.relevant.empty());
      for (const RatedItem& given : user.given)
        EXPECT_FALSE(std::binary_search(split.among.begin(), split.among.end(), given.item));
      for (const int32_t item : user.relevant)
        EXPECT_TRUE(std::binary_search(split.among.begin(), split.among.end(), item));
    }
  }
  EXPECT_EQ(hidden.size(), 30U);
  EXPECT_EQ(std::set<int32_t>(hidden.begin(), hidden.end()).size(), 30U);
}

TEST(AsRatings, TellsWhatWasGivenAndAsksForTheRest) {
  const RatingMatrix matrix = RandomRatings(40, 30, 0.9);
  const UserSplit users = SplitUsers(matrix, 5, 0, 1);
  const RatingSplit ratings = AsRatings(users, matrix);
  EXPECT_EQ(ratings.train.nonzeros(), users.train.nonzeros());
  size_t relevant = 0;
  for (const HeldOutUser& user : users.held_out) {
    relevant += user.relevant.size();
    EXPECT_EQ(ratings.known().by_user().RowSize(user.user),
              static_cast<int64_t>(user.given.size()));
  }
  ASSERT_EQ(ratings.held_out.size(), relevant);
  EXPECT_EQ(ratings.held_out.front().item, users.held_out.front().relevant.front());
  EXPECT_EQ(ratings.held_out.front().rating, users.held_out.front().stars.front());
  EXPECT_EQ(ratings.known().nonzeros() + static_cast<int64_t>(relevant), matrix.nonzeros());
}

}  // namespace
}  // namespace marquee::models
