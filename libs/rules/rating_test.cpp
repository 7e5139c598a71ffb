#include "rules/rating.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace marquee::rules {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;

std::string FieldOf(const ImportedRating& rating) {
  const auto status = CheckImport(rating, LatestRatingSeconds(Time(std::chrono::seconds(kNow))));
  return status.ok() ? "(valid)" : status.error().field;
}

ImportedRating Valid() { return {1, 2, 3.5, 1'600'000'000}; }

TEST(CheckImport, NamesTheFieldThatIsWrong) {
  const auto with = [](auto change) {
    ImportedRating rating = Valid();
    change(rating);
    return FieldOf(rating);
  };
  EXPECT_EQ(FieldOf(Valid()), "(valid)");
  for (const std::int64_t id :
       {std::int64_t{0}, std::int64_t{-7}, std::int64_t{1'000'000'000}, std::int64_t{1} << 31,
        (std::int64_t{1} << 53) + 1, std::numeric_limits<std::int64_t>::max()}) {
    EXPECT_EQ(with([&](ImportedRating& r) { r.user_id = id; }), "user_id") << id;
    EXPECT_EQ(with([&](ImportedRating& r) { r.movie_id = id; }), "movie_id") << id;
  }
  EXPECT_EQ(with([](ImportedRating& r) { r.user_id = 999'999'999; }), "(valid)");
  for (const double value :
       {0.0, 0.25, 0.7, 3.3, 4.0000001, 5.5, 10.0, -1.0, std::numeric_limits<double>::quiet_NaN(),
        std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(with([&](ImportedRating& r) { r.value = value; }), "value") << value;
  }
  EXPECT_EQ(with([](ImportedRating& r) { r.rated_at_seconds = -1; }), "rated_at");
  EXPECT_EQ(with([](ImportedRating& r) { r.rated_at_seconds = 0; }), "(valid)");
}

TEST(CheckImport, TakesADayAheadForClocksThatDifferAndNoMore) {
  ImportedRating rating = Valid();
  rating.rated_at_seconds = kNow + 86'400;
  EXPECT_EQ(FieldOf(rating), "(valid)");
  rating.rated_at_seconds = kNow + 86'401;
  EXPECT_EQ(FieldOf(rating), "rated_at");
  rating.rated_at_seconds = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(FieldOf(rating), "rated_at");
}

TEST(IsRatingValue, TakesHalfStarsOnly) {
  for (int halves = 1; halves <= 10; ++halves) EXPECT_TRUE(IsRatingValue(halves / 2.0));
  for (const double value :
       {0.0, 0.25, 5.5, -1.0, 4.4, static_cast<double>(4.4F),
        std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_FALSE(IsRatingValue(value)) << value;
  }
  EXPECT_FALSE(IsRatingValue(std::nextafter(5.0, 6.0)));
  EXPECT_FALSE(IsRatingValue(std::nextafter(4.5, 4.0)));
}

TEST(BayesianMean, LiesBetweenThePriorAndTheMean) {
  EXPECT_DOUBLE_EQ(BayesianMean(0, 0, 3.5, 25), 3.5);
  // 25 ratings of 5.0 and a prior of as many of 3.0
  EXPECT_DOUBLE_EQ(BayesianMean(250, 25, 3.0, 25), 4.0);
  EXPECT_NEAR(BayesianMean(10'000'000, 1'000'000, 3.0, 25), 5.0, 1e-3);
}

}  // namespace
}  // namespace marquee::rules
