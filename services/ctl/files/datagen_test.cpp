#include "ctl/domain/datagen.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <set>

#include "ctl/files/films.h"
#include "ctl/files/read_dataset.h"
#include "rules/rating.h"

namespace marquee::ctl {
namespace {

std::vector<Film> SomeFilms() {
  std::vector<Film> films;
  for (int i = 0; i < 400; ++i) {
    films.push_back({"Film, No. " + std::to_string(i), 1950 + i % 60,
                     i % 3 == 0 ? "Thriller/Suspense" : "Drama", 4.0 + i % 6, 100.0 * (i + 1)});
  }
  return films;
}

TEST(Datagen, IsTheSameForASeedAndAnotherForAnother) {
  const DatagenOptions options{.users = 50, .ratings = 2'000, .seed = 7};
  const auto one = GenerateAudience(SomeFilms(), options);
  const auto two = GenerateAudience(SomeFilms(), options);
  const auto other = GenerateAudience(SomeFilms(), {.users = 50, .ratings = 2'000, .seed = 8});
  ASSERT_TRUE(one.ok() && two.ok() && other.ok());
  const auto key = [](const Dataset& d) {
    std::vector<std::tuple<std::int64_t, std::int64_t, float>> rows;
    for (const auto& r : d.ratings) rows.emplace_back(r.user_id, r.movie_id, r.value);
    return rows;
  };
  EXPECT_EQ(key(*one), key(*two));
  EXPECT_NE(key(*one), key(*other));
}

TEST(Datagen, GivesValidDistinctRatingsOfAboutTheSizeAskedFor) {
  const auto dataset = GenerateAudience(SomeFilms(), {.users = 200, .ratings = 10'000, .seed = 1});
  ASSERT_TRUE(dataset.ok());
  EXPECT_NEAR(static_cast<double>(dataset->ratings.size()), 10'000, 2'000);
  std::set<std::pair<std::int64_t, std::int64_t>> pairs;
  for (const auto& rating : dataset->ratings) {
    EXPECT_TRUE(rules::IsRatingValue(rating.value));
    EXPECT_TRUE(pairs.emplace(rating.user_id, rating.movie_id).second);
  }
  EXPECT_EQ(dataset->movies[0].genres, (std::vector<std::string>{"Thriller", "Suspense"}));
}

TEST(Datagen, WritesWhatTheReaderReads) {
  const auto dataset = GenerateAudience(SomeFilms(), {.users = 20, .ratings = 1'000, .seed = 1});
  ASSERT_TRUE(dataset.ok());
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "datagen_round_trip";
  ASSERT_TRUE(WriteCsv(*dataset, folder).ok());
  int rejects = 0;
  const auto read = ReadDataset(folder, [&](const Reject&) { ++rejects; });
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(rejects, 0);
  EXPECT_EQ(read->ratings.size(), dataset->ratings.size());
  EXPECT_EQ(read->movies.size(), dataset->movies.size());
  EXPECT_EQ(read->movies[5].title, "Film, No. 5");
  EXPECT_EQ(read->movies[5].year, dataset->movies[5].year);
  std::filesystem::remove_all(folder);
}

TEST(Datagen, RefusesMoreRatingsThanFilmsCanTake) {
  EXPECT_EQ(GenerateAudience(SomeFilms(), {.users = 2, .ratings = 1'000, .seed = 1}).error().reason,
            "too_few_films");
}

}  // namespace
}  // namespace marquee::ctl
