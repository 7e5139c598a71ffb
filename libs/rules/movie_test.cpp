#include "rules/movie.h"

#include <gtest/gtest.h>

#include <limits>

namespace marquee::rules {
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

TEST(Checked, TellsGenresApartAsTheCatalogueDoes) {
  Movie movie = Valid();
  movie.genres = {"Épique", "épique", "ДРАМА", "драма", "Epique"};
  EXPECT_EQ(Checked(movie).value().genres, (std::vector<std::string>{"Épique", "ДРАМА", "Epique"}));
}

TEST(Checked, TakesGenresThatAreRepeatedBeyondTheBound) {
  Movie movie = Valid();
  movie.genres.clear();
  for (int i = 0; i < 100; ++i) movie.genres.push_back("g" + std::to_string(i % 32));
  EXPECT_EQ(Checked(movie).value().genres.size(), 32U);
}

TEST(Checked, RefusesIdsThatJavaScriptWouldChange) {
  Movie movie = Valid();
  movie.id = 9'007'199'254'740'991;
  EXPECT_EQ(FieldOf(movie), "(valid)");
  movie.id = 9'007'199'254'740'992;
  EXPECT_EQ(FieldOf(movie), "movie_id");
  movie = Valid();
  movie.tmdb_id = 9'007'199'254'740'992;
  EXPECT_EQ(FieldOf(movie), "tmdb_id");
}

TEST(Checked, RefusesWhatIsNotUtf8) {
  Movie movie = Valid();
  movie.title = "Keeper\x92s Lamp";
  EXPECT_EQ(Checked(movie).error().reason, "bad_utf8");
  movie = Valid();
  movie.genres = {
      "Com\xE9"
      "die"};
  EXPECT_EQ(FieldOf(movie), "genres[0]");
}

TEST(GenreKey, IsOneForAllLetterCasesOfAGenre) {
  EXPECT_EQ(GenreKey("Sci-Fi"), GenreKey("sCI-fI"));
  EXPECT_EQ(GenreKey("DRAMÉ"), GenreKey("dramé"));
  EXPECT_NE(GenreKey("Drama"), GenreKey("Dramas"));
  EXPECT_NE(GenreKey("Drame"), GenreKey("Dramé"));
}

TEST(CheckedImport, TakesTheImportsIdsOnly) {
  for (const std::int64_t id : {std::int64_t{1}, std::int64_t{999'999'999}}) {
    Movie movie = Valid();
    movie.id = id;
    EXPECT_TRUE(CheckedImport(movie).ok()) << id;
  }
  for (const std::int64_t id :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1'000'000'000}, std::int64_t{1} << 31,
        (std::int64_t{1} << 53) + 1, std::numeric_limits<std::int64_t>::max(),
        std::numeric_limits<std::int64_t>::min()}) {
    Movie movie = Valid();
    movie.id = id;
    const auto refused = CheckedImport(movie);
    ASSERT_FALSE(refused.ok()) << id;
    EXPECT_EQ(refused.error().reason, "id_out_of_range");
    EXPECT_EQ(refused.error().field, "movie_id");
  }
}

}  // namespace
}  // namespace marquee::rules
