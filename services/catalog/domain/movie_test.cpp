#include "catalog/domain/movie.h"

#include <gtest/gtest.h>

#include "catalog/domain/words.h"

namespace marquee::catalog {
namespace {

Movie Valid() { return {.id = 1, .title = "Toy Story", .year = 1995, .genres = {"Comedy"}}; }

TEST(MoviePatch, ChangesWhatItHasAndChecksTheResult) {
  MoviePatch patch;
  patch.year = 1996;
  EXPECT_EQ(patch.ApplyTo(Valid()).value().year, 1996);
  EXPECT_EQ(patch.ApplyTo(Valid()).value().title, "Toy Story");
  patch.title = "";
  EXPECT_EQ(patch.ApplyTo(Valid()).error().field, "title");
}

TEST(BayesianMean, LiesBetweenThePriorAndTheMean) {
  EXPECT_DOUBLE_EQ(BayesianMean(0, 0, 3.5, 25), 3.5);
  // 25 ratings of 5.0 and a prior of as many of 3.0
  EXPECT_DOUBLE_EQ(BayesianMean(250, 25, 3.0, 25), 4.0);
  EXPECT_NEAR(BayesianMean(10'000'000, 1'000'000, 3.0, 25), 5.0, 1e-3);
}

TEST(EditDistance, CountsSwapsOfNeighboursAsOne) {
  EXPECT_EQ(EditDistance("stroy", "story", 3), 1u);
  EXPECT_EQ(EditDistance("story", "story", 3), 0u);
  EXPECT_EQ(EditDistance("", "abc", 3), 3u);
  EXPECT_EQ(EditDistance("kitten", "sitting", 3), 3u);
  EXPECT_EQ(EditDistance("kitten", "sitting", 2), 3u);  // "more than 2"
  EXPECT_EQ(EditDistance("abcdef", "a", 2), 3u);
}

TEST(Text, SplitsWords) {
  EXPECT_EQ(Words("  toy  story "), (std::vector<std::string_view>{"toy", "story"}));
  EXPECT_TRUE(Words("  ").empty());
}

}  // namespace
}  // namespace marquee::catalog
