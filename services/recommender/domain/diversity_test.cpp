#include "recommender/domain/diversity.h"

#include <gtest/gtest.h>

#include <numeric>

namespace marquee::recommender {
namespace {

using Places = std::vector<std::size_t>;

std::shared_ptr<const Catalogue> Movies(const std::vector<std::vector<std::string>>& genres) {
  std::vector<Movie> movies;
  for (std::size_t at = 0; at < genres.size(); ++at)
    movies.push_back({.movie_id = static_cast<std::int64_t>(at) + 1, .genres = genres[at]});
  return Catalogue::Make(std::move(movies));
}

Places Order(const Catalogue& catalogue, std::vector<double> scores, double diversity, int count) {
  std::vector<std::int32_t> rows(scores.size());
  std::iota(rows.begin(), rows.end(), 0);
  return Diversify(catalogue, rows, scores, diversity, count);
}

TEST(DiversityTest, NoneLeavesTheOrder) {
  const auto catalogue = Movies({{"A"}, {"A"}, {"B"}});
  EXPECT_EQ(Order(*catalogue, {3, 2, 1}, 0, 2), (Places{0, 1}));
  EXPECT_EQ(Order(*catalogue, {3, 2, 1}, 0, 9), (Places{0, 1, 2}));
}

TEST(DiversityTest, OtherGenresComeEarlierTheMoreItIs) {
  const auto catalogue = Movies({{"A"}, {"A"}, {"A"}, {"B"}, {"C"}});
  // 1, .75, .5, .25, 0 once scaled. What is like the first loses 1: at .3 .75·.7 − .3 = .225 for
  // the second, .25·.7 = .175 for the fourth; at .4 .05 and .15.
  EXPECT_EQ(Order(*catalogue, {5, 4, 3, 2, 1}, 0.3, 3), (Places{0, 1, 3}));
  EXPECT_EQ(Order(*catalogue, {5, 4, 3, 2, 1}, 0.4, 3), (Places{0, 3, 1}));
  EXPECT_EQ(Order(*catalogue, {5, 4, 3, 2, 1}, 1, 5), (Places{0, 3, 4, 1, 2}));
}

TEST(DiversityTest, LikenessIsTheCosineOfGenres) {
  // To the first: 1/√2, and 2/√6.
  const auto catalogue = Movies({{"A", "B"}, {"A"}, {"A", "B", "C"}});
  EXPECT_EQ(Order(*catalogue, {1, 1, 1}, 0.5, 2), (Places{0, 1}));
  const auto turned = Movies({{"A", "B"}, {"A", "B", "C"}, {"A"}});
  EXPECT_EQ(Order(*turned, {1, 1, 1}, 0.5, 2), (Places{0, 2}));
}

TEST(DiversityTest, MoviesWithoutGenresAreLikeEachOther) {
  const auto catalogue = Movies({{}, {}, {"A"}});
  EXPECT_EQ(Order(*catalogue, {1, 1, 1}, 1, 3), (Places{0, 2, 1}));
}

TEST(DiversityTest, NothingGivesNothing) {
  const auto catalogue = Movies({{"A"}});
  EXPECT_EQ(Order(*catalogue, {}, 0.5, 3), Places{});
  EXPECT_EQ(Order(*catalogue, {1}, 0.5, 0), Places{});
}

TEST(DiversityTest, AListIsChosenFromMoreThanItShows) {
  EXPECT_EQ(CandidatesFor(20, 0), 20U);
  EXPECT_EQ(CandidatesFor(20, 0.2), 100U);
  EXPECT_EQ(CandidatesFor(100, 0.2), 200U);
}

}  // namespace
}  // namespace marquee::recommender
