#include "catalog/domain/trend.h"

#include <gtest/gtest.h>

#include <cmath>

namespace marquee::catalog {
namespace {

constexpr std::int64_t kDay = 24LL * 3600 * 1'000'000;
constexpr std::int64_t kNow = 20'000 * kDay;

Time At(std::int64_t us) { return Time(std::chrono::microseconds(us)); }

TEST(Trend, CountsARatingByItsAge) {
  EXPECT_DOUBLE_EQ(Trend::Of(kNow).ScoreAt(At(kNow)), 1);
  EXPECT_NEAR(Trend::Of(kNow).ScoreAt(At(kNow + 7 * kDay)), 0.5, 1e-9);
  EXPECT_NEAR(Trend::Of(kNow).ScoreAt(At(kNow + 14 * kDay)), 0.25, 1e-9);
  EXPECT_EQ(Trend().ScoreAt(At(kNow)), 0);
}

TEST(Trend, SumsTheSameInAnyOrder) {
  Trend forward, backward;
  double expected = 0;
  for (int i = 0; i < 100; ++i) {
    forward.Add(Trend::Of(kNow - i * kDay));
    backward.Add(Trend::Of(kNow - (99 - i) * kDay));
    expected += std::exp2(-i / 7.0);
  }
  EXPECT_NEAR(forward.ScoreAt(At(kNow)), expected, 1e-9);
  EXPECT_NEAR(backward.ScoreAt(At(kNow)), expected, 1e-9);
}

TEST(Trend, NeitherOverflowsNorUnderflows) {
  Trend ancient = Trend::Of(0), future = Trend::Of(2'000'000 * kDay);
  EXPECT_EQ(ancient.ScoreAt(At(kNow)), 0);
  EXPECT_TRUE(std::isfinite(future.ScoreAt(At(kNow))));
  EXPECT_LT(ancient.log2(), Trend::Of(kDay).log2());  // still told apart
  ancient.Add(future);
  EXPECT_EQ(ancient.log2(), future.log2());
}

TEST(Merge, AddsAndTakesAway) {
  Trend three;
  for (const int days : {0, 3, 9}) three.Add(Trend::Of(kNow - days * kDay));
  const auto merged = Merge(three, Trend::Of(kNow + kDay), Trend::Of(kNow - 3 * kDay));
  ASSERT_TRUE(merged);
  EXPECT_NEAR(merged->ScoreAt(At(kNow)), 1 + std::exp2(-9 / 7.0) + std::exp2(1 / 7.0), 1e-9);
}

TEST(Merge, MovesTheOnlyRatingOfAMovie) {
  const auto merged = Merge(Trend::Of(kNow), Trend::Of(kNow + 1), Trend::Of(kNow));
  ASSERT_TRUE(merged);
  EXPECT_NEAR(merged->log2(), Trend::Of(kNow + 1).log2(), 1e-12);
}

TEST(Merge, AdmitsWhenOnlyRoundingWouldBeLeft) {
  Trend old_and_new = Trend::Of(kNow - 3000 * kDay);
  old_and_new.Add(Trend::Of(kNow));
  EXPECT_FALSE(Merge(old_and_new, Trend(), Trend::Of(kNow)));
  EXPECT_FALSE(Merge(Trend(), Trend(), Trend::Of(kNow)));
}

TEST(Merge, OfNothingIsNothing) {
  ASSERT_TRUE(Merge(Trend(), Trend(), Trend()));
  EXPECT_TRUE(Merge(Trend(), Trend(), Trend())->empty());
}

}  // namespace
}  // namespace marquee::catalog
