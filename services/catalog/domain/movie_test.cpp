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
