#include "base/acknowledgements.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace marquee {
namespace {

Time In(std::chrono::milliseconds left) { return SystemClock().Now() + left; }
constexpr std::chrono::seconds kLong{30};

TEST(Acknowledgements, WaitsUntilFewEnoughAreOnTheirWay) {
  Acknowledgements acknowledgements;
  EXPECT_TRUE(acknowledgements.WaitForAtMost(0, In(std::chrono::milliseconds(0))));
  for (int i = 0; i < 4; ++i) acknowledgements.Expect();
  EXPECT_FALSE(acknowledgements.WaitForAtMost(2, In(std::chrono::milliseconds(1))));
  std::thread reporting([&] {
    acknowledgements.Report({});
    acknowledgements.Report({});
  });
  EXPECT_TRUE(acknowledgements.WaitForAtMost(2, In(kLong)));
  reporting.join();
  EXPECT_EQ(acknowledgements.on_their_way(), 2);
  EXPECT_TRUE(acknowledgements.failure().ok());
}

TEST(Acknowledgements, KeepsTheFirstFailureAndWaitsForTheRest) {
  Acknowledgements acknowledgements;
  for (int i = 0; i < 3; ++i) acknowledgements.Expect();
  acknowledgements.Report({});
  acknowledgements.Report(Error::Unavailable("first", ""));
  EXPECT_FALSE(acknowledgements.WaitForAtMost(0, In(std::chrono::milliseconds(1))));
  acknowledgements.Report(Error::Unavailable("second", ""));
  EXPECT_TRUE(acknowledgements.WaitForAtMost(0, In(kLong)));
  EXPECT_EQ(acknowledgements.failure().error().reason, "first");
}

TEST(Acknowledgements, MayBeDestroyedOnceAllHaveReported) {
  for (int round = 0; round < 200; ++round) {
    std::vector<std::thread> reporting;
    {
      Acknowledgements acknowledgements;
      for (int i = 0; i < 2; ++i) acknowledgements.Expect();
      for (int i = 0; i < 2; ++i)
        reporting.emplace_back([&acknowledgements] { acknowledgements.Report({}); });
      acknowledgements.WaitForAll();
    }
    for (auto& thread : reporting) thread.join();
  }
}

}  // namespace
}  // namespace marquee
