#include <gtest/gtest.h>

#include "kafka/producer.h"
#include "kafka/types.h"

namespace marquee::kafka {
namespace {

// Vectors of org.apache.kafka.common.utils.UtilsTest.testMurmur2, through toPositive() % count.
TEST(PartitionFor, AgreesWithTheJavaClient) {
  constexpr std::int32_t kMany = 1'000'003;
  const std::pair<std::string, std::int32_t> vectors[] = {
      {"21", -973932308},
      {"foobar", -790332482},
      {"a-little-bit-long-string", -985981536},
      {"a-little-bit-longer-string", -1486304829},
      {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
      {"abc", 479470107},
  };
  for (const auto& [key, hash] : vectors) {
    EXPECT_EQ(PartitionFor(key, kMany), (hash & 0x7fffffff) % kMany) << key;
    EXPECT_EQ(PartitionFor(key, 1), 0);
  }
}

TEST(Producer, RefusesAWrongPropertyAtStart) {
  EXPECT_THROW(Producer({.cluster = {.properties = {{"no.such.property", "1"}}}}),
               std::invalid_argument);
}

// Port 1 of loopback answers nobody.
TEST(Producer, FailsWithinTheDeadlineWhenKafkaIsAway) {
  Producer producer({.cluster = {.brokers = "127.0.0.1:1"}});
  const auto started = std::chrono::steady_clock::now();
  const auto result = producer.Produce({.topic = "t", .key = "1", .value = "v"},
                                       SystemClock().Now() + std::chrono::milliseconds(200));
  EXPECT_EQ(result.error().reason, "kafka_unavailable");
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(3));
  EXPECT_EQ(producer.queued(), 1);
  EXPECT_EQ(producer.Health("t").error().code, Code::kUnavailable);
  producer.Stop(SystemClock().Now());
  EXPECT_EQ(producer.Produce({.topic = "t", .key = "1", .value = "v"}, Time::max()).error().code,
            Code::kUnavailable);
}

TEST(Producer, RefusesMoreThanItsQueueHolds) {
  int reported = 0;
  std::string last;  // outlives the producer, whose destruction reports too
  {
    Producer producer({.cluster = {.brokers = "127.0.0.1:1"}, .queue_messages = 10});
    for (int i = 0; i < 11; ++i) {
      producer.ProduceAsync({.topic = "t", .key = "1", .value = "v"}, [&](Result<Position> result) {
        ++reported;
        last = result.error().reason;
      });
    }
    EXPECT_EQ(reported, 1);
    EXPECT_EQ(last, "kafka_queue_full");
    producer.Stop(SystemClock().Now());
  }
  EXPECT_EQ(reported, 11);  // destruction reports the rest
}

}  // namespace
}  // namespace marquee::kafka
