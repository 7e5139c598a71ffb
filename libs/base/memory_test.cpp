#include "base/memory.h"

#include <gtest/gtest.h>

namespace marquee {
namespace {

using namespace std::chrono_literals;

class IdleTrimmerTest : public testing::Test {
 protected:
  // Ten seconds later, of which the program worked so long.
  bool After(std::chrono::milliseconds worked) {
    now_ += 10s;
    processor_ += worked;
    return trimmer_.Due(processor_, now_);
  }

  IdleTrimmer trimmer_;
  std::chrono::steady_clock::time_point now_ = std::chrono::steady_clock::now();
  std::chrono::nanoseconds processor_{0};
};

TEST_F(IdleTrimmerTest, WaitsUntilABurstIsOver) {
  EXPECT_FALSE(After(9s));
  EXPECT_FALSE(After(4s));
  EXPECT_TRUE(After(100ms));
}

TEST_F(IdleTrimmerTest, TrimsOnceForABurst) {
  EXPECT_FALSE(After(5s));
  EXPECT_TRUE(After(10ms));
  EXPECT_FALSE(After(10ms));
}

TEST_F(IdleTrimmerTest, LeavesOneThatHardlyWorkedAlone) {
  EXPECT_FALSE(After(20ms));
  EXPECT_FALSE(After(20ms));
}

TEST_F(IdleTrimmerTest, CountsSmallWorkTogether) {
  EXPECT_FALSE(After(200ms));
  EXPECT_TRUE(After(200ms));
}

}  // namespace
}  // namespace marquee
