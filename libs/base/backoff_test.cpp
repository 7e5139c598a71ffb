#include "base/backoff.h"

#include <gtest/gtest.h>

namespace marquee {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, DoublesUpToItsBoundAndBeginsAnewAfterSuccess) {
  Backoff backoff(milliseconds(10), milliseconds(50));
  for (const int most : {10, 20, 40, 50, 50}) {
    const auto pause = backoff.Next();
    EXPECT_LE(pause, milliseconds(most));
    EXPECT_GE(pause, milliseconds(most / 2));
  }
  backoff.Reset();
  EXPECT_LE(backoff.Next(), milliseconds(10));
}

TEST(Pause, EndsAtOnceWhenAskedToStop) {
  std::stop_source source;
  EXPECT_TRUE(Pause(source.get_token(), milliseconds(1)));
  source.request_stop();
  EXPECT_FALSE(Pause(source.get_token(), std::chrono::hours(24)));
}

}  // namespace
}  // namespace marquee
