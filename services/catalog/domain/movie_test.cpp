#include "catalog/domain/movie.h"

#include <gtest/gtest.h>

#include "catalog/domain/words.h"

namespace marquee::catalog {
namespace {

Movie Valid() { return {.id = 1, .title = "Toy Story", .year = 1995, .genres = {"Comedy"}}; }

std::string FieldOf(const Movie& movie) {
  const auto checked = Checked(movie);
  return checked.ok() ? "(valid)" : checked.error().field;
}

TEST(Checked, TakesWhatIsValidAsItIs) {
  Movie movie = Valid();
  movie.imdb_id = "tt0114709";
  movie.tmdb_id = 862;
  EXPECT_EQ(Checked(movie).value(), movie);
}

TEST(Checked, TrimsAndDropsRepeatedGenres) {
  Movie movie = Valid();
  movie.title = "  Toy Story\t";
  movie.genres = {" Comedy", "COMEDY ", "Drama", "comedy"};
  const auto checked = Checked(movie).value();
  EXPECT_EQ(checked.title, "Toy Story");
  EXPECT_EQ(checked.genres, (std::vector<std::string>{"Comedy", "Drama"}));
}

TEST(Checked, NamesTheFieldThatIsInvalid) {
  const auto with = [](auto change) {
    Movie movie = Valid();
    change(movie);
    return FieldOf(movie);
  };
  EXPECT_EQ(with([](Movie& m) { m.id = -1; }), "movie_id");
  EXPECT_EQ(with([](Movie& m) { m.title = " "; }), "title");
  EXPECT_EQ(with([](Movie& m) { m.title = "a\nb"; }), "title");
  EXPECT_EQ(with([](Movie& m) { m.title = std::string(501, 'a'); }), "title");
  EXPECT_EQ(with([](Movie& m) { m.year = -1; }), "year");
  EXPECT_EQ(with([](Movie& m) { m.year = 2201; }), "year");
  EXPECT_EQ(with([](Movie& m) { m.genres = {"Comedy", ""}; }), "genres[1]");
  EXPECT_EQ(with([](Movie& m) { m.genres = {std::string(65, 'a')}; }), "genres[0]");
  EXPECT_EQ(with([](Movie& m) { m.imdb_id = "0114709"; }), "imdb_id");
  EXPECT_EQ(with([](Movie& m) { m.imdb_id = "tt01x"; }), "imdb_id");
  EXPECT_EQ(with([](Movie& m) { m.tmdb_id = -1; }), "tmdb_id");
}

TEST(Checked, CountsCharactersNotBytes) {
  Movie movie = Valid();
  movie.title.clear();
  for (int i = 0; i < 500; ++i) movie.title += "é";
  EXPECT_EQ(FieldOf(movie), "(valid)");
  movie.title += "é";
  EXPECT_EQ(FieldOf(movie), "title");
}

TEST(Checked, RefusesTooManyGenres) {
  Movie movie = Valid();
  movie.genres.clear();
  for (int i = 0; i < 33; ++i) movie.genres.push_back("g" + std::to_string(i));
  EXPECT_EQ(FieldOf(movie), "genres");
}

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
