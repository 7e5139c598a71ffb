#include "auth/app/fetched.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include "base/testing/calls.h"

namespace marquee::auth {
namespace {

using std::chrono::seconds;

class FetchedTest : public testing::Test {
 protected:
  ManualClock clock_;
  std::atomic<int> asked_ = 0;
  bool down_ = false;
  Fetched<int> fetched_{[this](const CallContext&) -> Result<int> {
                          ++asked_;
                          if (down_) return Error::Unavailable("down", "");
                          return asked_.load();
                        },
                        clock_, seconds{5}, seconds{60}};

  int Get() {
    const auto value = fetched_.Get(kNoDeadline);
    return value.ok() ? **value : 0;
  }
};

TEST_F(FetchedTest, AsksWhenItIsNeededAndWhenItIsOld) {
  EXPECT_EQ(asked_, 0);
  EXPECT_EQ(Get(), 1);
  clock_.Advance(seconds{59});
  EXPECT_EQ(Get(), 1);
  clock_.Advance(seconds{1});
  EXPECT_EQ(Get(), 2);
}

TEST_F(FetchedTest, LeavesWhoFailedAloneForAWhile) {
  down_ = true;
  EXPECT_EQ(Get(), 0);
  down_ = false;
  clock_.Advance(seconds{4});
  EXPECT_EQ(fetched_.Get(kNoDeadline).error().reason, "down");
  EXPECT_EQ(asked_, 1);
  clock_.Advance(seconds{1});
  EXPECT_EQ(Get(), 2);
}

TEST_F(FetchedTest, GoesOnWithWhatItHasWhenThereIsNothingNewer) {
  EXPECT_EQ(Get(), 1);
  down_ = true;
  clock_.Advance(seconds{3600});
  EXPECT_EQ(Get(), 1);
  EXPECT_EQ(asked_, 2);
}

TEST_F(FetchedTest, AsksForWhatIsYoungerButNotAtOnceAgain) {
  const auto first = *fetched_.Get(kNoDeadline);
  EXPECT_EQ(*fetched_.GetAfter(first, kNoDeadline), first) << "it was asked just now";
  clock_.Advance(seconds{5});
  const auto second = *fetched_.GetAfter(first, kNoDeadline);
  EXPECT_EQ(*second, 2);
  EXPECT_EQ(*fetched_.GetAfter(first, kNoDeadline), second) << "somebody else had it fetched";
  EXPECT_EQ(asked_, 2);
}

TEST_F(FetchedTest, ServesManyWhoWaitWithOneAttempt) {
  for (const bool down : {true, false}) {
    down_ = down;
    asked_ = 0;
    clock_.Advance(seconds{60});
    std::latch together(8);
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        together.arrive_and_wait();
        EXPECT_EQ(fetched_.Get(kNoDeadline).ok(), !down);
      });
    }
    threads.clear();
    EXPECT_EQ(asked_, 1);
  }
}

TEST_F(FetchedTest, WaitsNoLongerThanTheCaller) {
  std::latch begun(1), finish(1);
  Fetched<int> slow(
      [&](const CallContext&) -> Result<int> {
        begun.count_down();
        finish.wait();
        return 1;
      },
      clock_, seconds{5}, seconds{60});
  const std::jthread first([&] { EXPECT_TRUE(slow.Get(kNoDeadline).ok()); });
  begun.wait();
  EXPECT_EQ(slow.Get(CallContext(clock_.Now())).error().code, Code::kDeadlineExceeded);
  finish.count_down();
}

}  // namespace
}  // namespace marquee::auth
