#include "base/rate_limiter.h"

#include <gtest/gtest.h>

namespace marquee {
namespace {

using namespace std::chrono_literals;

constexpr Quota kFourInTwoSeconds{.requests = 4, .window = 2s};

TEST(RateLimiter, LetsAWholeQuotaGoAtOnceAndThenWhatComesBack) {
  RateLimiter limiter(10);
  const RateLimiter::TimePoint start{1h};
  for (const int remaining : {3, 2, 1, 0}) {
    const auto allowance = limiter.Take("ada", kFourInTwoSeconds, start);
    EXPECT_FALSE(allowance.retry_after);
    EXPECT_EQ(allowance.remaining, remaining);
  }
  const auto refused = limiter.Take("ada", kFourInTwoSeconds, start);
  ASSERT_TRUE(refused.retry_after);
  EXPECT_EQ(*refused.retry_after, 500ms);
  EXPECT_EQ(refused.until_full, 2s);
  EXPECT_EQ(refused.remaining, 0);
  // What was refused has cost nothing: at the moment that was named there is one again, and no more.
  EXPECT_FALSE(limiter.Take("ada", kFourInTwoSeconds, start + 500ms).retry_after);
  EXPECT_TRUE(limiter.Take("ada", kFourInTwoSeconds, start + 500ms).retry_after);
  EXPECT_EQ(limiter.Take("ada", kFourInTwoSeconds, start + 1h).remaining, 3);
}

TEST(RateLimiter, KeepsCallersApart) {
  RateLimiter limiter(10);
  const RateLimiter::TimePoint start{1h};
  const Quota one{.requests = 1, .window = 1s};
  EXPECT_FALSE(limiter.Take("ada", one, start).retry_after);
  EXPECT_TRUE(limiter.Take("ada", one, start).retry_after);
  EXPECT_FALSE(limiter.Take("grace", one, start).retry_after);
}

TEST(RateLimiter, GivesNoMoreThanTheQuotaInAnyWindowOfASteadyFlood) {
  RateLimiter limiter(10);
  const RateLimiter::TimePoint start{1h};
  int taken = 0;
  for (auto at = 0ms; at < 20s; at += 10ms)
    taken += limiter.Take("ada", kFourInTwoSeconds, start + at).retry_after ? 0 : 1;
  // The burst at the start, and two a second from then on.
  EXPECT_EQ(taken, 4 + 39);
}

TEST(RateLimiter, ForgetsWhoWasUnseenLongest) {
  RateLimiter limiter(2);
  const RateLimiter::TimePoint start{1h};
  const Quota one{.requests = 1, .window = 1s};
  for (const char* caller : {"ada", "grace", "ada", "joan"}) (void)limiter.Take(caller, one, start);
  EXPECT_TRUE(limiter.Take("ada", one, start).retry_after);
  EXPECT_FALSE(limiter.Take("grace", one, start).retry_after);
}

TEST(RateLimiter, TakesAQuotaThatChanges) {
  RateLimiter limiter(10);
  const RateLimiter::TimePoint start{1h};
  for (int i = 0; i < 4; ++i) (void)limiter.Take("ada", kFourInTwoSeconds, start);
  // A second replica came: half of it each.
  const auto refused = limiter.Take("ada", {.requests = 2, .window = 2s}, start);
  ASSERT_TRUE(refused.retry_after);
  EXPECT_EQ(*refused.retry_after, 1s);
}

}  // namespace
}  // namespace marquee
