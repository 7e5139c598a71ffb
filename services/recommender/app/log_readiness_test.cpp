#include "recommender/app/log_readiness.h"

#include <gtest/gtest.h>

#include "recommender/testing/fixtures.h"

namespace marquee::recommender {
namespace {

using namespace std::chrono_literals;

class LogReadinessTest : public testing::Test {
 protected:
  ManualClock clock_{Time{std::chrono::seconds{1'700'000'000}}};
  testing_::FakeLog log_;  // of eight partitions
  LogReadiness readiness_{log_, 30s, clock_};
};

TEST_F(LogReadinessTest, IsReadyOnceEveryPartitionIsRead) {
  EXPECT_EQ(readiness_.Check().error().reason, "log_not_read");
  for (std::int32_t partition = 0; partition < 7; ++partition) log_.Set(partition, 10);
  EXPECT_FALSE(readiness_.Check().ok());
  log_.Set(7, 0);
  EXPECT_TRUE(readiness_.Check().ok());
}

TEST_F(LogReadinessTest, StaysReadyWhenTheLogGoesAway) {
  for (std::int32_t partition = 0; partition < 8; ++partition) log_.Set(partition, 10);
  ASSERT_TRUE(readiness_.Check().ok());
  log_.Set(3, -1);
  EXPECT_TRUE(readiness_.Check().ok());
}

TEST_F(LogReadinessTest, WaitsForKafkaOnlySoLong) {
  clock_.Advance(29s);
  EXPECT_FALSE(readiness_.Check().ok());
  clock_.Advance(1s);
  EXPECT_TRUE(readiness_.Check().ok());
}

}  // namespace
}  // namespace marquee::recommender
