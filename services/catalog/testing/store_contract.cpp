#include "catalog/testing/store_contract.h"

#include <gmock/gmock.h>

#include "base/testing/calls.h"

namespace marquee::catalog {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::int64_t> StoreContract::Ids(MovieListing listing) {
  std::vector<std::int64_t> ids;
  do {
    const auto page = movies().List(listing, kNoDeadline);
    EXPECT_TRUE(page.ok()) << page.error().ToString();
    if (!page.ok()) break;
    EXPECT_LE(page->movies.size(), static_cast<std::size_t>(listing.limit));
    for (const auto& movie : page->movies) ids.push_back(movie.movie.id);
    listing.after = page->next;
    EXPECT_TRUE(listing.after.empty() || listing.after.size() == KeyFields(listing.order));
  } while (!listing.after.empty());
  return ids;
}

namespace {

const std::vector<Movie> kMovies = {
    {.id = 1,
     .title = "Toy Story",
     .year = 1995,
     .genres = {"Animation", "Comedy"},
     .imdb_id = "tt0114709",
     .tmdb_id = 862},
    {.id = 2, .title = "Jumanji", .year = 1995, .genres = {"Adventure"}},
    {.id = 3, .title = "Alien", .year = 1979, .genres = {"Horror"}},
    {.id = 4, .title = "Unknown Year", .year = 0, .genres = {"comedy"}},
    {.id = 5, .title = "Zodiac", .year = 2007},
};

TEST_P(StoreContract, ReadsWhatWasCreated) {
  const auto created = movies().Create(kMovies[0], {}, kNoDeadline);
  ASSERT_TRUE(created.ok()) << created.error().ToString();
  const auto found = movies().Find(1, kNoDeadline);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->movie, kMovies[0]);
  EXPECT_EQ(found->movie, created->movie);
  EXPECT_EQ(found->audience.rating_count, 0);
  EXPECT_FALSE(found->has_poster);
  EXPECT_EQ(movies().Count(kNoDeadline).value(), 1);
}

TEST_P(StoreContract, RefusesAnIdThatIsTaken) {
  ASSERT_TRUE(movies().Create(kMovies[0], {}, kNoDeadline).ok());
  const auto again = movies().Create(kMovies[0], {}, kNoDeadline);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Code::kAlreadyExists);
  EXPECT_EQ(again.error().reason, "movie_exists");
}

TEST_P(StoreContract, ChoosesIdsWhateverIdsWereGiven) {
  Import({{.id = kFirstOwnMovieId - 1, .title = "Imported"}});
  const auto first = movies().Create({.title = "Own"}, {}, kNoDeadline);
  const auto second = movies().Create({.title = "Own"}, {}, kNoDeadline);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->movie.id, kFirstOwnMovieId);
  EXPECT_EQ(second->movie.id, kFirstOwnMovieId + 1);
}

TEST_P(StoreContract, CreatesOneMovieForAnOperation) {
  const Uuid operation = Uuid::V7(SystemClock().Now());
  const auto first = movies().Create({.title = "Own"}, operation, kNoDeadline);
  ASSERT_TRUE(first.ok()) << first.error().ToString();
  const auto again = movies().Create({.title = "Own"}, operation, kNoDeadline);
  ASSERT_TRUE(again.ok()) << again.error().ToString();
  EXPECT_EQ(again->movie, first->movie);
  const auto other = movies().Create({.title = "Own"}, Uuid::V7(SystemClock().Now()), kNoDeadline);
  EXPECT_NE(other->movie.id, first->movie.id);
  EXPECT_EQ(movies().Count(kNoDeadline).value(), 2);
}

TEST_P(StoreContract, KnowsNothingOfUnknownMovies) {
  EXPECT_EQ(movies().Find(9, kNoDeadline).error().reason, "movie_unknown");
  EXPECT_EQ(movies().Update(9, {}, kNoDeadline).error().reason, "movie_unknown");
  EXPECT_EQ(movies().Delete(9, kNoDeadline).error().reason, "movie_unknown");
  EXPECT_EQ(store_->posters().Find(9, kNoDeadline).error().reason, "movie_unknown");
  const Poster poster{"image/png", 1, 1, "bytes"};
  EXPECT_EQ(store_->posters().Put(9, poster, kNoDeadline).error().reason, "movie_unknown");
}

TEST_P(StoreContract, UpdatesOnlyThePatchedFields) {
  Import(kMovies);
  MoviePatch patch;
  patch.title = "Toy Story: Renamed";
  patch.genres = {"Children", "Comedy"};
  const auto updated = movies().Update(1, patch, kNoDeadline);
  ASSERT_TRUE(updated.ok()) << updated.error().ToString();
  Movie expected = kMovies[0];
  expected.title = "Toy Story: Renamed";
  expected.genres = {"Children", "Comedy"};
  EXPECT_EQ(updated->movie, expected);
  EXPECT_EQ(movies().Find(1, kNoDeadline).value().movie, expected);
}

TEST_P(StoreContract, LeavesTheMovieAloneWhenThePatchIsInvalid) {
  Import(kMovies);
  MoviePatch patch;
  patch.year = 9999;
  patch.title = "New";
  EXPECT_EQ(movies().Update(1, patch, kNoDeadline).error().field, "year");
  EXPECT_EQ(movies().Find(1, kNoDeadline).value().movie, kMovies[0]);
}

TEST_P(StoreContract, ForgetsADeletedMovieAndItsPoster) {
  Import(kMovies);
  ASSERT_TRUE(store_->posters().Put(1, {"image/png", 2, 3, "bytes"}, kNoDeadline).ok());
  ASSERT_TRUE(movies().Delete(1, kNoDeadline).ok());
  EXPECT_EQ(movies().Find(1, kNoDeadline).error().reason, "movie_unknown");
  Import(kMovies);
  EXPECT_EQ(store_->posters().Find(1, kNoDeadline).error().reason, "poster_unknown");
}

TEST_P(StoreContract, KeepsPosters) {
  Import(kMovies);
  EXPECT_EQ(store_->posters().Find(1, kNoDeadline).error().reason, "poster_unknown");
  const std::string bytes("\0\xFF'\\binary", 10);
  ASSERT_TRUE(store_->posters().Put(1, {"image/png", 2, 3, "old"}, kNoDeadline).ok());
  ASSERT_TRUE(store_->posters().Put(1, {"image/webp", 4, 5, bytes}, kNoDeadline).ok());
  const auto poster = store_->posters().Find(1, kNoDeadline);
  ASSERT_TRUE(poster.ok());
  EXPECT_EQ(poster->content_type, "image/webp");
  EXPECT_EQ(poster->width, 4);
  EXPECT_EQ(poster->height, 5);
  EXPECT_EQ(poster->bytes, bytes);
  EXPECT_TRUE(movies().Find(1, kNoDeadline).value().has_poster);
}

TEST_P(StoreContract, CountsWhatAnImportChanges) {
  EXPECT_EQ(Import(kMovies), (ImportCounts{5, 0, 0}));
  EXPECT_EQ(Import(kMovies), (ImportCounts{0, 0, 5}));
  auto changed = kMovies;
  changed[0].title = "Toy Story!";             // a column
  changed[1].genres = {"Adventure", "Drama"};  // only the genres
  changed[2].genres = {};                      // none any more
  changed.push_back({.id = 6, .title = "New", .genres = {"Drama"}});
  EXPECT_EQ(Import(changed), (ImportCounts{1, 3, 2}));
  for (const Movie& movie : changed) {
    if (movie.id == 4) continue;  // its genre may be spelled as the first one was
    EXPECT_EQ(movies().Find(movie.id, kNoDeadline).value().movie, movie);
  }
}

TEST_P(StoreContract, LetsTheLaterOfTwoImportsOfOneIdStand) {
  const std::vector<Movie> twice = {{.id = 1, .title = "First"},
                                    {.id = 2, .title = "Other"},
                                    {.id = 1, .title = "Second"},
                                    {.id = 1, .title = "Second"}};
  EXPECT_EQ(Import(twice), (ImportCounts{2, 1, 1}));
  EXPECT_EQ(movies().Find(1, kNoDeadline).value().movie.title, "Second");
}

TEST_P(StoreContract, TouchesNothingThatAnImportLeavesUnchanged) {
  Import(kMovies);
  const auto before = movies().Find(1, kNoDeadline).value().updated_at;
  Import(kMovies);
  EXPECT_EQ(movies().Find(1, kNoDeadline).value().updated_at, before);
}

TEST_P(StoreContract, ListsInEveryOrderPageByPage) {
  Import(kMovies);
  using enum MovieOrder;
  for (const int limit : {1, 2, 3, 5, 100}) {
    EXPECT_THAT(Ids({.order = kMovieId, .limit = limit}), ElementsAre(1, 2, 3, 4, 5));
    EXPECT_THAT(Ids({.order = kTitle, .limit = limit}), ElementsAre(3, 2, 1, 4, 5));
    EXPECT_THAT(Ids({.order = kYear, .limit = limit}), ElementsAre(4, 3, 1, 2, 5));
    EXPECT_THAT(Ids({.order = kYearDescending, .limit = limit}), ElementsAre(5, 2, 1, 3, 4));
    EXPECT_THAT(Ids({.order = kRatingCountDescending, .limit = limit}), ElementsAre(5, 4, 3, 2, 1));
    EXPECT_THAT(Ids({.order = kBayesianMeanDescending, .limit = limit}),
                ElementsAre(5, 4, 3, 2, 1));
  }
}

TEST_P(StoreContract, FiltersByGenreAndYears) {
  Import(kMovies);
  EXPECT_THAT(Ids({.filter = {.genre = "COMEDY"}}), ElementsAre(1, 4));
  EXPECT_THAT(Ids({.filter = {.genre = "Western"}}), IsEmpty());
  EXPECT_THAT(Ids({.filter = {.year_min = 1995}}), ElementsAre(1, 2, 5));
  EXPECT_THAT(Ids({.filter = {.year_max = 1995}}), ElementsAre(1, 2, 3));
  EXPECT_THAT(Ids({.filter = {.genre = "Animation", .year_min = 1995, .year_max = 1995}}),
              ElementsAre(1));
}

TEST_P(StoreContract, PagesStayStableUnderInserts) {
  Import(kMovies);
  for (const auto order : {MovieOrder::kMovieId, MovieOrder::kTitle, MovieOrder::kYearDescending}) {
    MovieListing listing{.order = order, .limit = 2};
    std::vector<std::int64_t> seen;
    int inserts = 5;
    std::int64_t next_id = 100 + 100 * static_cast<int>(order);
    do {
      const auto page = movies().List(listing, kNoDeadline).value();
      for (const auto& movie : page.movies) {
        if (movie.movie.id < 100) seen.push_back(movie.movie.id);
      }
      listing.after = page.next;
      // Before and after what was seen; not for ever, or the list would never end.
      if (--inserts < 0) continue;
      Import({{.id = next_id, .title = "Aaa", .year = 2100},
              {.id = next_id + 1, .title = "Zzz", .year = 1900}});
      next_id += 2;
    } while (!listing.after.empty());
    std::sort(seen.begin(), seen.end());
    EXPECT_THAT(seen, ElementsAre(1, 2, 3, 4, 5)) << static_cast<int>(order);
  }
}

TEST_P(StoreContract, FindsTitlesByPartOfThem) {
  Import(kMovies);
  EXPECT_THAT(Ids({.filter = {.query = "toy"}, .order = MovieOrder::kRelevance}), ElementsAre(1));
  EXPECT_THAT(Ids({.filter = {.query = "toy"}, .order = MovieOrder::kYear}), ElementsAre(1));
}

TEST_P(StoreContract, CountsMoviesByGenre) {
  Import({kMovies[0], kMovies[1]});
  const auto genres = store_->audience().Genres(kNoDeadline).value();
  ASSERT_EQ(genres.size(), 3u);
  EXPECT_EQ(genres[0].name, "Adventure");
  EXPECT_EQ(genres[0].movie_count, 1);
  EXPECT_EQ(genres[2].name, "Comedy");
}

TEST_P(StoreContract, HasNoAudienceWithoutRatings) {
  Import(kMovies);
  EXPECT_THAT(store_->audience().RatingsByYear(0, 0, kNoDeadline).value(), IsEmpty());
  EXPECT_THAT(store_->audience().Trending(10, kNoDeadline).value(), IsEmpty());
  const auto popular = store_->audience().PopularByGenre("horror", 10, kNoDeadline).value();
  ASSERT_EQ(popular.size(), 1u);
  EXPECT_EQ(popular[0].genre, "Horror");
  EXPECT_EQ(popular[0].movies.at(0).movie.id, 3);
}

}  // namespace
}  // namespace marquee::catalog
