#include "recommender/domain/catalogue.h"

#include <gtest/gtest.h>

namespace marquee::recommender {
namespace {

std::shared_ptr<const Catalogue> Sample() {
  return Catalogue::Make({
      {.movie_id = 30,
       .title = "Heat",
       .year = 1995,
       .genres = {"Action", "Crime"},
       .rating_count = 100,
       .rating_mean = 4,
       .rating_bayesian_mean = 3.9},
      {.movie_id = 10,
       .title = "Toy Story",
       .year = 1995,
       .genres = {"Comedy"},
       .rating_count = 300,
       .rating_mean = 3.5,
       .rating_bayesian_mean = 3.5},
      {.movie_id = 20,
       .title = "Alien",
       .year = 1979,
       .genres = {"Horror"},
       .rating_count = 100,
       .rating_mean = 4.5,
       .rating_bayesian_mean = 4.2},
      {.movie_id = 40,
       .title = "Unknown Year",
       .year = 0,
       .genres = {},
       .rating_count = 1,
       .rating_mean = 1,
       .rating_bayesian_mean = 3},
  });
}

std::vector<std::int64_t> Popular(const Catalogue& catalogue, const MovieFilter& filter, int n = 10,
                                  std::vector<std::int64_t> excluded = {}) {
  std::vector<std::int64_t> ids;
  for (const auto row : catalogue.Popular(catalogue.Resolve(filter), n, excluded)) {
    ids.push_back(catalogue.Id(row));
  }
  return ids;
}

using Ids = std::vector<std::int64_t>;

TEST(CatalogueTest, FindsAMoviesData) {
  const auto catalogue = Sample();
  ASSERT_EQ(catalogue->size(), 4);
  const auto row = catalogue->RowOf(30);
  ASSERT_TRUE(row);
  EXPECT_EQ(catalogue->Title(*row), "Heat");
  EXPECT_EQ(catalogue->Year(*row), 1995);
  EXPECT_EQ(catalogue->Genres(*row), (std::vector<std::string>{"Action", "Crime"}));
  EXPECT_EQ(catalogue->Title(*catalogue->RowOf(10)), "Toy Story");
  EXPECT_FALSE(catalogue->RowOf(11));
}

TEST(CatalogueTest, MeanIsOverRatingsAndNotOverMovies) {
  EXPECT_NEAR(Sample()->global_mean(), (300 * 3.5 + 100 * 4 + 100 * 4.5 + 1) / 501, 1e-6);
  EXPECT_EQ(Catalogue::Make({})->global_mean(), 0);
}

TEST(CatalogueTest, PopularIsByRatingsThenBySmallerId) {
  const auto catalogue = Sample();
  EXPECT_EQ(Popular(*catalogue, {}), (Ids{10, 20, 30, 40}));
  EXPECT_EQ(Popular(*catalogue, {}, 2), (Ids{10, 20}));
  EXPECT_EQ(Popular(*catalogue, {}, 2, {10, 20}), (Ids{30, 40}));
}

TEST(CatalogueTest, FiltersByGenreYearsAndCount) {
  const auto catalogue = Sample();
  const auto expect = [&](const MovieFilter& filter, const Ids& ids) {
    EXPECT_EQ(Popular(*catalogue, filter), ids)
        << filter.genre << " " << filter.year_min << "-" << filter.year_max;
  };
  expect({.genre = "Crime"}, {30});
  expect({.genre = "cRIME"}, {30});  // by the catalogue's rule
  expect({.genre = "Nonsense"}, {});
  expect({.year_min = 1990}, {10, 30});
  expect({.year_max = 1990}, {20});  // an unknown year is in no range
  expect({.year_min = 1979, .year_max = 1979}, {20});
  expect({.min_rating_count = 101}, {10});
  expect({.genre = "Action", .year_min = 1996}, {});
}

TEST(CatalogueTest, TheLastOfTwoWithOneIdStands) {
  const auto catalogue =
      Catalogue::Make({{.movie_id = 1, .title = "old"}, {.movie_id = 1, .title = "new"}});
  ASSERT_EQ(catalogue->size(), 1);
  EXPECT_EQ(catalogue->Title(0), "new");
}

}  // namespace
}  // namespace marquee::recommender
