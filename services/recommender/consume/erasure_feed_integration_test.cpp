// Following erasures on a real Kafka.
#include "recommender/consume/erasure_feed.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "kafka/testing.h"

namespace marquee::recommender {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

TEST(ErasureFeed, ForgetsWhoIsErasedAndConfirmsIt) {
  const ErasureTopics topics{kafka::MakeTestTopic(1), kafka::MakeTestTopic(1)};
  kafka::Producer producer({.cluster = kafka::TestCluster()});
  const auto say = [&](std::int64_t user) {
    auto message = ToMessage(erasures::Erasure{user, "e", SystemClock().Now()});
    message.topic = topics.erasures;
    ASSERT_TRUE(producer.Produce(std::move(message), SystemClock().Now() + 60s).ok());
  };
  say(7);  // before it began
  ASSERT_TRUE(producer
                  .Produce({.topic = topics.erasures, .key = "7", .value = "nonsense"},
                           SystemClock().Now() + 60s)
                  .ok());
  metrics::Metrics metrics;
  std::vector<std::int64_t> erased;
  ErasureFeed feed(
      kafka::TestCluster(), producer, [&](std::int64_t user) { erased.push_back(user); },
      SystemClock(), metrics, topics);
  say(8);

  std::promise<void> both;
  std::vector<erasures::Receipt> receipts;
  kafka::PartitionLog log(
      {.cluster = kafka::TestCluster(), .topic = topics.receipts},
      [](std::int32_t) -> Result<kafka::Offsets> { return kafka::Offsets{}; },
      [&](const kafka::Message& message, const LogPosition&) {
        receipts.push_back(*erasures::DecodeReceipt(message.value));
        if (receipts.size() == 2) both.set_value();
      });
  ASSERT_EQ(both.get_future().wait_for(60s), std::future_status::ready);
  log.Stop();
  EXPECT_EQ(erased, (std::vector<std::int64_t>{7, 8}));
  EXPECT_EQ(receipts[0].user_id, 7);
  EXPECT_EQ(receipts[1].user_id, 8);
  EXPECT_EQ(receipts[1].service, "recommender");
  EXPECT_NE(metrics.Text().find("marquee_recommender_erasures_undecodable_total 1"),
            std::string::npos);
}

// Nothing of theirs is in memory: a receipt for each, at each start, would be for nothing.
TEST(ErasureFeed, LeavesAloneWhatIsLongPast) {
  const ErasureTopics topics{kafka::MakeTestTopic(1), kafka::MakeTestTopic(1)};
  kafka::Producer producer({.cluster = kafka::TestCluster()});
  auto message = ToMessage(erasures::Erasure{7, "e", SystemClock().Now()});
  message.topic = topics.erasures;
  ASSERT_TRUE(producer.Produce(std::move(message), SystemClock().Now() + 60s).ok());
  const ManualClock tomorrow(SystemClock().Now() + 25h);
  metrics::Metrics metrics;
  std::atomic<int> erased = 0;
  const ErasureFeed feed(
      kafka::TestCluster(), producer, [&](std::int64_t) { ++erased; }, tomorrow, metrics, topics);
  const auto read = [&] {
    return metrics.Text().find("marquee_recommender_erasures_lag_messages 0\n") !=
           std::string::npos;
  };
  for (const auto until = SystemClock().Now() + 60s; !read() && SystemClock().Now() < until;)
    std::this_thread::sleep_for(10ms);
  ASSERT_TRUE(read());
  EXPECT_EQ(erased, 0);
}

}  // namespace
}  // namespace marquee::recommender
