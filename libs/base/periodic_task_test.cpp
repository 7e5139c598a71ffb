#include "base/periodic_task.h"

#include <gtest/gtest.h>

#include <atomic>
#include <semaphore>

namespace marquee {
namespace {

using namespace std::chrono_literals;

TEST(PeriodicTask, StepsAtOnceAndWhenItIsWoken) {
  std::counting_semaphore<> steps{0};
  PeriodicTask task(24h, [&](std::stop_token) {
    steps.release();
    return std::nullopt;
  });
  steps.acquire();
  for (int i = 0; i < 3; ++i) {
    task.Wake();
    steps.acquire();
  }
}

TEST(PeriodicTask, PausesAsTheStepSays) {
  std::counting_semaphore<> steps{0};
  PeriodicTask task(24h, [&](std::stop_token) {
    steps.release();
    return std::optional(1ms);
  });
  for (int i = 0; i < 5; ++i) steps.acquire();
}

TEST(PeriodicTask, StopsWithinAPauseAndWaitsForAStep) {
  std::atomic<bool> done = false;
  std::binary_semaphore begun{0};
  PeriodicTask task(24h, [&](std::stop_token stop) {
    begun.release();
    while (!stop.stop_requested()) std::this_thread::yield();
    done = true;
    return std::nullopt;
  });
  begun.acquire();
  task.Stop();
  EXPECT_TRUE(done);
  task.Stop();
}

TEST(PeriodicTask, MakesAStepOnRequestButNeverTwoAtOnce) {
  std::atomic<int> inside = 0;
  std::atomic<int> steps = 0;
  PeriodicTask task(1ms, [&](std::stop_token) {
    EXPECT_EQ(++inside, 1);
    ++steps;
    --inside;
    return std::optional(0ms);
  });
  for (int i = 0; i < 200; ++i) task.StepNow();
  EXPECT_GE(steps, 200);
}

}  // namespace
}  // namespace marquee
