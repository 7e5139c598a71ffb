#include "catalog/app/catalog.h"

#include <gtest/gtest.h>

#include "base/testing/calls.h"
#include "catalog/testing/memory_store.h"
#include "catalog/testing/pictures.h"

namespace marquee::catalog {
namespace {

class CatalogTest : public testing::Test {
 protected:
  CatalogTest() {
    std::vector<Movie> movies;
    for (int id = 1; id <= 45; ++id) {
      movies.push_back({.id = id,
                        .title = "Movie " + std::to_string(id),
                        .year = 1980 + id,
                        .genres = {id % 2 == 0 ? "Even" : "Odd"}});
    }
    EXPECT_EQ(catalog_.Import(movies, kNoDeadline).value().counts.inserted, 45);
  }
  Error ListError(const ListRequest& request) {
    const auto answer = catalog_.List(request, kNoDeadline);
    EXPECT_FALSE(answer.ok());
    return answer.ok() ? Error{} : answer.error();
  }

  ManualClock clock_;
  MemoryMovies movies_{clock_};
  MemoryPosters posters_{movies_};
  Catalog catalog_{movies_, posters_, movies_, clock_};
};

TEST_F(CatalogTest, PagesThroughTheWholeListByTokens) {
  ListRequest request;
  std::vector<std::int64_t> ids;
  int pages = 0;
  do {
    const auto answer = catalog_.List(request, kNoDeadline).value();
    for (const auto& movie : answer.movies) ids.push_back(movie.movie.id);
    request.page_token = answer.next_page_token;
    ++pages;
  } while (!request.page_token.empty());
  EXPECT_EQ(pages, 3);  // of 20, 20 and 5
  ASSERT_EQ(ids.size(), 45u);
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(ids[i], static_cast<std::int64_t>(i + 1));
}

TEST_F(CatalogTest, TakesATokenOnlyForTheSameFilterAndOrder) {
  const ListRequest first{.filter = {.genre = "Odd"}, .page_size = 5};
  const std::string token = catalog_.List(first, kNoDeadline).value().next_page_token;
  ASSERT_FALSE(token.empty());
  ListRequest next = first;
  next.page_token = token;
  next.page_size = 7;  // may change
  EXPECT_TRUE(catalog_.List(next, kNoDeadline).ok());

  for (auto change :
       std::vector<void (*)(ListRequest&)>{[](ListRequest& r) { r.filter.genre = "Even"; },
                                           [](ListRequest& r) { r.filter.year_min = 1990; },
                                           [](ListRequest& r) { r.filter.year_max = 1990; },
                                           [](ListRequest& r) { r.filter.query = "movie"; },
                                           [](ListRequest& r) { r.order_by = "title"; },
                                           [](ListRequest& r) { r.page_token += "A"; },
                                           [](ListRequest& r) { r.page_token = "nonsense"; }}) {
    ListRequest other = next;
    change(other);
    const Error error = ListError(other);
    EXPECT_EQ(error.reason, "page_token_invalid");
    EXPECT_EQ(error.field, "page_token");
  }
}

TEST_F(CatalogTest, KnowsTheOrdersOfTheContractOnly) {
  for (const char* order :
       {"title", "year", "-year", "-rating_count", "-rating_bayesian_mean", "movie_id", ""}) {
    EXPECT_TRUE(catalog_.List({.order_by = order}, kNoDeadline).ok()) << order;
  }
  for (const char* order : {"-title", "TITLE", "rating_count", "title;", "relevance"}) {
    const Error error = ListError({.order_by = order});
    EXPECT_EQ(error.reason, "order_unknown") << order;
    EXPECT_EQ(error.field, "order_by") << order;
  }
  EXPECT_TRUE(
      catalog_.List({.filter = {.query = "movie"}, .order_by = "relevance"}, kNoDeadline).ok());
}

TEST_F(CatalogTest, RefusesAnEmptyRangeOfYears) {
  EXPECT_EQ(ListError({.filter = {.year_min = 1999, .year_max = 1990}}).reason, "year_range_empty");
  EXPECT_EQ(catalog_.RatingsByYear(1999, 1990, kNoDeadline).error().reason, "year_range_empty");
  EXPECT_EQ(catalog_.Popular({.year_min = 1999, .year_max = 1990}, 0, kNoDeadline).error().reason,
            "year_range_empty");
}

TEST_F(CatalogTest, LeavesOutOfAChunkWhatBreaksARuleAndTakesTheRest) {
  const auto answer = catalog_
                          .Import({{.id = 100, .title = "Good"},
                                   {.id = 101, .title = "Bad", .year = -5},
                                   {.id = 0, .title = "No id"},
                                   {.id = 1'000'000'000, .title = "Not an import's"},
                                   {.id = 102, .title = "Good, too"}},
                                  kNoDeadline)
                          .value();
  EXPECT_EQ(answer.counts.inserted, 2);
  ASSERT_EQ(answer.rejected.size(), 3U);
  EXPECT_EQ(answer.rejected[0].row, 1U);
  EXPECT_EQ(answer.rejected[0].id, 101);
  EXPECT_EQ(answer.rejected[0].error.field, "year");
  EXPECT_EQ(answer.rejected[1].error.field, "movie_id");
  EXPECT_EQ(answer.rejected[2].error.reason, "id_out_of_range");
  EXPECT_TRUE(catalog_.Get(100, kNoDeadline).ok());
  EXPECT_TRUE(catalog_.Get(102, kNoDeadline).ok());
  EXPECT_EQ(catalog_.Get(101, kNoDeadline).error().reason, "movie_unknown");
}

TEST_F(CatalogTest, ExportsEveryMovieAndStopsAtTheFirstError) {
  std::size_t exported = 0;
  EXPECT_TRUE(catalog_
                  .Export(kNoDeadline,
                          [&](const auto& movies) -> Status {
                            exported += movies.size();
                            return {};
                          })
                  .ok());
  EXPECT_EQ(exported, 45u);
  const Status stopped = catalog_.Export(
      kNoDeadline, [](const auto&) -> Status { return Error::Cancelled("cancelled", "gone"); });
  EXPECT_EQ(stopped.error().code, Code::kCancelled);
}

TEST_F(CatalogTest, StoresOnlyPicturesAsPosters) {
  EXPECT_EQ(catalog_.PutPoster(1, "not a picture", kNoDeadline).error().reason,
            "poster_unsupported");
  EXPECT_TRUE(catalog_.PutPoster(1, TinyPng(), kNoDeadline).ok());
  EXPECT_EQ(catalog_.GetPoster(1, kNoDeadline).value().content_type, "image/png");
}

TEST_F(CatalogTest, ScoresTrendsAsOfNow) {
  const auto now_us =
      std::chrono::duration_cast<std::chrono::microseconds>(clock_.Now().time_since_epoch())
          .count();
  movies_.SetAudience(3, {.rating_count = 1}, Trend::Of(now_us));
  clock_.Advance(std::chrono::hours(7 * 24));
  const auto trending = catalog_.Trending(0, kNoDeadline).value();
  ASSERT_EQ(trending.size(), 1u);
  EXPECT_EQ(trending[0].movie.movie.id, 3);
  EXPECT_NEAR(trending[0].score, 0.5, 1e-6);
}

TEST_F(CatalogTest, RanksThePopularByTheirRatings) {
  movies_.SetAudience(7, {.rating_count = 10}, {});
  movies_.SetAudience(8, {.rating_count = 30}, {});
  movies_.SetAudience(9, {.rating_count = 20}, {});
  const auto popular = catalog_.Popular({.genre = "Odd"}, 2, kNoDeadline).value();
  ASSERT_EQ(popular.size(), 2u);
  EXPECT_EQ(popular[0].movie.id, 9);
  EXPECT_EQ(popular[1].movie.id, 7);
}

TEST_F(CatalogTest, LetsAnAnswerAboutTheAudienceStandForAMoment) {
  const auto first = [&] { return catalog_.Popular({}, 1, kNoDeadline).value().at(0).movie.id; };
  movies_.SetAudience(7, {.rating_count = 10}, {});
  EXPECT_EQ(first(), 7);
  movies_.SetAudience(8, {.rating_count = 20}, {});
  EXPECT_EQ(first(), 7);
  EXPECT_EQ(catalog_.Popular({.genre = "Even"}, 1, kNoDeadline).value().at(0).movie.id, 8);
  clock_.Advance(kFreshness);
  EXPECT_EQ(first(), 8);
}

}  // namespace
}  // namespace marquee::catalog
