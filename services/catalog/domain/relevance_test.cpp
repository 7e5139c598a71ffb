#include "catalog/domain/relevance.h"

#include <gtest/gtest.h>

namespace marquee::catalog {
namespace {

double Match(std::string_view query, std::string_view title, double word_similarity = 0) {
  return SpellingMatch(query, {.title = title, .word_similarity = word_similarity});
}

double Score(std::string_view query, std::string_view title, std::int64_t ratings = 0) {
  const SearchCandidate candidate{.title = title, .rating_count = ratings};
  return Relevance(query, candidate, SpellingMatch(query, candidate));
}

TEST(SpellingMatch, IsWholeForTheSameWordsInAnyOrder) {
  EXPECT_DOUBLE_EQ(Match("toy story", "toy story 2"), 1);
  EXPECT_DOUBLE_EQ(Match("story toy", "toy story"), 1);
}

TEST(SpellingMatch, ForgivesErrorsAndHalfTypedWords) {
  EXPECT_GT(Match("toy stroy", "toy story"), 0.85);
  EXPECT_GT(Match("alein", "alien"), 0.75);
  EXPECT_GT(Match("fellow", "fellowship"), 0.9);
  EXPECT_LT(Match("alein", "alexander"), kLeastSpellingMatch);
}

TEST(SpellingMatch, TakesTheTrigramsWhereTheyAreBetter) {
  EXPECT_DOUBLE_EQ(Match("starwars", "star wars", 0.8), 0.8);
}

TEST(Relevance, PutsTheNearerTitleFirst) {
  EXPECT_GT(Score("toy stroy", "toy story", 215), Score("toy stroy", "toy story 2", 97));
  EXPECT_GT(Score("alien", "alien"), Score("alien", "aliens"));
  EXPECT_GT(Score("godfather", "godfather"), Score("godfather", "godfather part ii", 100));
}

TEST(Relevance, BreaksTiesByPopularityButOnlyThose) {
  EXPECT_GT(Score("twins", "twins", 100), Score("twins", "twins", 10));
  EXPECT_GT(Score("alien", "alien", 10), Score("alien", "alaein", 100'000));
}

TEST(Relevance, HardlyMovesWithOneMoreRating) {
  EXPECT_DOUBLE_EQ(Score("twins", "twins", 100), Score("twins", "twins", 101));
}

}  // namespace
}  // namespace marquee::catalog
