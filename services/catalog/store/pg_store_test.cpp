// The stores against a real PostgreSQL.
#include <gmock/gmock.h>

#include <fstream>
#include <pqxx/pqxx>
#include <sstream>
#include <thread>

#include "base/testing/calls.h"
#include "catalog/app/catalog.h"
#include "catalog/store/pg_audience.h"
#include "catalog/store/pg_movies.h"
#include "catalog/store/pg_posters.h"
#include "catalog/store/rating_step.h"
#include "catalog/testing/pg_database.h"
#include "catalog/testing/store_contract.h"
#include "ratings/testing.h"

namespace marquee::catalog {
namespace {

constexpr double kPriorWeight = 25;

class PgTestStore final : public TestStore {
 public:
  PgTestStore() { EmptyDatabase(); }
  MovieRepository& movies() override { return movies_; }
  PosterRepository& posters() override { return posters_; }
  AudienceRepository& audience() override { return audience_; }
  pg::Pool& pool() { return pool_; }

 private:
  pg::Pool pool_{{.uri = DatabaseUri(), .max_connections = 4}};
  PgMovieRepository movies_{pool_, kPriorWeight};
  PgPosterRepository posters_{pool_};
  PgAudienceRepository audience_{pool_, kPriorWeight};
};

INSTANTIATE_TEST_SUITE_P(Postgres, StoreContract,
                         testing::Values([]() -> std::unique_ptr<TestStore> {
                           if (!HasPostgres()) return nullptr;
                           return std::make_unique<PgTestStore>();
                         }));

// Titles of MovieLens, as it writes them, and some that look alike.
class SearchTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!HasPostgres()) GTEST_SKIP() << "needs MARQUEE_TEST_POSTGRES_URI";
    store_.emplace();
    std::vector<Movie> movies;
    std::int64_t id = 0;
    for (const char* title : {"Toy Story",
                              "Toy Story 2",
                              "Toy Soldiers",
                              "Troy",
                              "Stroyka",
                              "Not Another Story",
                              "Shawshank Redemption, The",
                              "Shark",
                              "Matrix, The",
                              "Matilda",
                              "Matinee",
                              "Alien",
                              "Aliens",
                              "Alexander",
                              "Misérables, Les",
                              "Amelie (Fabuleux destin d'Amélie Poulain, Le)",
                              "Lord of the Rings: The Fellowship of the Ring, The",
                              "Godfather, The",
                              "Godfather: Part II, The",
                              "Schindler's List",
                              "Fast & Furious",
                              "WALL·E",
                              "Star Wars: Episode IV - A New Hope",
                              "Star Trek",
                              "...",
                              "Se7en (a.k.a. Seven)",
                              "It's a Wonderful Life",
                              "100% \\ 'quoted'"}) {
      movies.push_back({.id = ++id, .title = title, .year = 1990});
    }
    ASSERT_TRUE(store_->movies().Import(movies, kNoDeadline).ok());
  }
  std::vector<std::string> Find(const std::string& query) {
    const auto page = store_->movies().List(
        {.filter = {.query = query}, .order = MovieOrder::kRelevance}, kNoDeadline);
    EXPECT_TRUE(page.ok()) << page.error().ToString();
    std::vector<std::string> titles;
    if (page.ok()) {
      for (const auto& movie : page->movies) titles.push_back(movie.movie.title);
    }
    return titles;
  }
  std::string First(const std::string& query) {
    const auto titles = Find(query);
    return titles.empty() ? "(nothing)" : titles.front();
  }
  std::optional<PgTestStore> store_;
};

TEST_F(SearchTest, ForgivesTypingErrors) {
  EXPECT_EQ(First("toy stroy"), "Toy Story");
  EXPECT_EQ(First("toi story"), "Toy Story");
  EXPECT_EQ(First("shawshenk"), "Shawshank Redemption, The");
  EXPECT_EQ(First("shawshank redemtion"), "Shawshank Redemption, The");
  EXPECT_EQ(First("matirx"), "Matrix, The");
  EXPECT_EQ(First("alein"), "Alien");
  EXPECT_EQ(First("gofdather"), "Godfather, The");
  EXPECT_EQ(First("schindlers lsit"), "Schindler's List");
}

TEST_F(SearchTest, LooksThroughArticlesAccentsAndSigns) {
  EXPECT_EQ(First("the matrix"), "Matrix, The");
  EXPECT_EQ(First("les miserables"), "Misérables, Les");
  EXPECT_EQ(First("MISÉRABLES"), "Misérables, Les");
  EXPECT_EQ(First("amélie"), "Amelie (Fabuleux destin d'Amélie Poulain, Le)");
  EXPECT_EQ(First("Schindlers List"), "Schindler's List");
  EXPECT_EQ(First("fast and furious"), "Fast & Furious");
  EXPECT_EQ(First("wall-e"), "WALL·E");
}

TEST_F(SearchTest, FindsWordsInAnyOrderAndHalfTyped) {
  EXPECT_EQ(First("rings fellowship lord"), "Lord of the Rings: The Fellowship of the Ring, The");
  EXPECT_EQ(First("fellowsh"), "Lord of the Rings: The Fellowship of the Ring, The");
  EXPECT_EQ(First("star wa"), "Star Wars: Episode IV - A New Hope");
}

TEST_F(SearchTest, PrefersTheWholeTitle) {
  EXPECT_THAT(Find("toy story"),
              testing::ElementsAre("Toy Story", "Toy Story 2", testing::_, testing::_));
  EXPECT_EQ(First("godfather"), "Godfather, The");
  EXPECT_EQ(First("aliens"), "Aliens");
}

TEST_F(SearchTest, BreaksTiesByTheNumberOfRatings) {
  ASSERT_TRUE(
      store_->movies()
          .Import(std::vector<Movie>{{.id = 101, .title = "Twins"}, {.id = 102, .title = "Twins"}},
                  kNoDeadline)
          .ok());
  ExecuteInDatabase("UPDATE movie_stats SET rating_count = 50 WHERE movie_id = 102");
  const auto page = store_->movies().List(
      {.filter = {.query = "twins"}, .order = MovieOrder::kRelevance}, kNoDeadline);
  ASSERT_EQ(page.value().movies.size(), 2u);
  EXPECT_EQ(page.value().movies[0].movie.id, 102);
}

TEST_F(SearchTest, FindsNothingForNonsense) {
  EXPECT_EQ(First("qqqqxxxx"), "(nothing)");
  for (const char* query : {"'", "\\", "!!!", "%", "a & | !", "':*", "\"", "toy' OR '1'='1"}) {
    Find(query);  // fails the test if it is an error
  }
}

TEST_F(SearchTest, KeepsTheFiltersAndPages) {
  EXPECT_THAT(store_->movies()
                  .List({.filter = {.query = "toy story", .year_min = 1991},
                         .order = MovieOrder::kRelevance},
                        kNoDeadline)
                  .value()
                  .movies,
              testing::IsEmpty());
  const auto whole = Find("story");
  std::vector<std::string> paged;
  MovieListing listing{.filter = {.query = "story"}, .order = MovieOrder::kRelevance, .limit = 1};
  do {
    const auto page = store_->movies().List(listing, kNoDeadline).value();
    for (const auto& movie : page.movies) paged.push_back(movie.movie.title);
    listing.after = page.next;
  } while (!listing.after.empty());
  EXPECT_GE(whole.size(), 3u);
  EXPECT_EQ(paged, whole);
}

TEST_F(SearchTest, RefusesKeysThatNoPageGave) {
  for (const std::vector<std::string>& after :
       {std::vector<std::string>{"x", "1"}, {"1", "y"}, {"1"}, {"1", "2", "3"}}) {
    const auto page = store_->movies().List(
        {.filter = {.query = "story"}, .order = MovieOrder::kRelevance, .after = after},
        kNoDeadline);
    EXPECT_EQ(page.error().reason, "page_token_invalid");
  }
}

TEST(PgStore, GivesShortTokensForTheLongestTitles) {
  if (!HasPostgres()) GTEST_SKIP() << "needs MARQUEE_TEST_POSTGRES_URI";
  PgTestStore store;
  std::string title;
  for (int i = 0; i < 500; ++i) title += "語";
  std::vector<Movie> movies;
  for (int id = 1; id <= 3; ++id) movies.push_back({.id = id, .title = title});
  ASSERT_TRUE(store.movies().Import(movies, kNoDeadline).ok());
  Catalog catalog(store.movies(), store.posters(), store.audience(), SystemClock());
  ListRequest request{.order_by = "title", .page_size = 1};
  for (int id = 1; id <= 3; ++id) {
    const auto page = catalog.List(request, kNoDeadline);
    ASSERT_TRUE(page.ok()) << page.error().ToString();
    EXPECT_EQ(page->movies.at(0).movie.id, id);
    request.page_token = page->next_page_token;
    EXPECT_LE(request.page_token.size(), 1024u);  // the contract's limit
  }
}

TEST(PgStore, PlansByTheMoviesThatAnImportBrought) {
  if (!HasPostgres()) GTEST_SKIP() << "needs MARQUEE_TEST_POSTGRES_URI";
  PgTestStore store;
  ExecuteInDatabase("ANALYZE movies");
  std::vector<Movie> movies;
  for (std::int64_t id = 1; id <= 1'000; ++id)
    movies.push_back({.id = id, .title = "Movie " + std::to_string(id)});
  const CallContext call(SystemClock().Now() + std::chrono::seconds(30));
  ASSERT_TRUE(store.movies().Import(movies, call).ok());
  const auto planned = store.pool().Read([](pg::Transaction& tx) -> Result<std::int64_t> {
    return tx.exec("SELECT reltuples::bigint FROM pg_class WHERE relname = 'movies'")[0][0]
        .as<std::int64_t>();
  });
  EXPECT_EQ(planned.value(), 1'000);
}

// Movies come while their ratings do: nobody waits for ever, nothing is lost.
TEST(PgStore, ImportsMoviesWhileTheyAreRated) {
  if (!HasPostgres()) GTEST_SKIP() << "needs MARQUEE_TEST_POSTGRES_URI";
  PgTestStore store;
  std::thread ratings([&] {
    for (int user = 1; user <= 20; ++user) {
      std::vector<ratings::RatingChange> changes;
      for (int movie = 200; movie >= 1; --movie) {
        changes.push_back({.event_id = ratings::TestEventId(user, std::to_string(movie)),
                           .user_id = user,
                           .movie_id = movie,
                           .value = 3.0F,
                           .occurred_at_us = 1'700'000'000'000'000});
      }
      const Status applied =
          store.pool().Run([&](pg::Transaction& tx) { return ApplyRatingBatch(tx, changes); });
      EXPECT_TRUE(applied.ok()) << applied.error().ToString();
    }
  });
  for (int chunk = 0; chunk < 20; ++chunk) {
    std::vector<Movie> movies;
    for (int i = 1; i <= 10; ++i) movies.push_back({.id = chunk * 10 + i, .title = "Movie"});
    EXPECT_TRUE(store.movies().Import(movies, kNoDeadline).ok());
  }
  ratings.join();
  const auto page = store.movies().List({.limit = 1000}, kNoDeadline).value();
  ASSERT_EQ(page.movies.size(), 200u);
  for (const auto& movie : page.movies) EXPECT_EQ(movie.audience.rating_count, 20);
}

TEST(PgStore, SaysUnavailableWithoutADatabase) {
  pg::Pool pool({.uri = "postgresql://nobody@127.0.0.1:1/none"});
  PgMovieRepository movies(pool, kPriorWeight);
  EXPECT_EQ(movies.Find(1, kNoDeadline).error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace marquee::catalog
