#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <mutex>

#include "base/uuid.h"
#include "kafka/admin.h"
#include "kafka/group_consumer.h"
#include "kafka/partition_log.h"
#include "kafka/producer.h"
#include "kafka/testing.h"

namespace marquee::kafka {
namespace {

Time In(std::chrono::milliseconds left) { return SystemClock().Now() + left; }
constexpr std::chrono::seconds kLong{30};

// The database of these tests: batches and offsets are stored together, under one lock.
class MemoryStore {
 public:
  Result<Offsets> Load(const std::vector<std::int32_t>& partitions) {
    const std::lock_guard lock(mutex_);
    Offsets offsets;
    for (const auto partition : partitions) offsets[partition] = offsets_[partition];
    return offsets;
  }
  Status Store(const Batch& batch, const Offsets& expected, const Offsets& next) {
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [partition, offset] : expected) {
        if (offsets_[partition] != offset)
          return Error::FailedPrecondition(kOffsetsFenced, "moved on");
      }
      for (const auto& [partition, messages] : batch) {
        for (const auto& message : messages) values_.push_back(message.value);
      }
      for (const auto& [partition, offset] : next) offsets_[partition] = offset;
    }
    stored_.notify_all();
    return {};
  }
  bool WaitForCount(std::size_t count) {
    std::unique_lock lock(mutex_);
    return stored_.wait_for(lock, kLong, [&] { return values_.size() >= count; });
  }
  std::vector<std::string> values() {
    const std::lock_guard lock(mutex_);
    return values_;
  }
  void MoveOn(std::int32_t partition, std::int64_t offset) {
    const std::lock_guard lock(mutex_);
    offsets_[partition] = offset;
  }

 private:
  std::mutex mutex_;
  std::condition_variable stored_;
  std::vector<std::string> values_;
  Offsets offsets_;
};

class Handler final : public BatchHandler {
 public:
  using Fault = std::function<Status()>;
  explicit Handler(MemoryStore& store, Fault before = {}, Fault after = {})
      : store_(store), before_(std::move(before)), after_(std::move(after)) {}
  Result<Offsets> LoadOffsets(const std::vector<std::int32_t>& partitions) override {
    return store_.Load(partitions);
  }
  Status Apply(const Batch& batch, const Offsets& expected, const Offsets& next) override {
    if (before_) RETURN_IF_ERROR(before_());
    RETURN_IF_ERROR(store_.Store(batch, expected, next));
    return after_ ? after_() : Status();
  }

 private:
  MemoryStore& store_;
  Fault before_;
  Fault after_;
};

GroupConsumerConfig ConsumerConfig(const std::string& topic) {
  return {.cluster = TestCluster(),
          .group = "group-" + topic,
          .topic = topic,
          .batch_messages = 100,
          .session_timeout = std::chrono::milliseconds(6'000),
          .min_backoff = std::chrono::milliseconds(5),
          .max_backoff = std::chrono::milliseconds(20)};
}

void ProduceNumbers(const std::string& topic, int first, int count) {
  Producer producer({.cluster = TestCluster()});
  std::atomic<int> failed{0};
  for (int i = first; i < first + count; ++i) {
    producer.ProduceAsync(
        {.topic = topic, .key = std::to_string(i % 50), .value = std::to_string(i)},
        [&](Result<Position> result) { failed += result.ok() ? 0 : 1; });
  }
  ASSERT_TRUE(producer.Flush(In(kLong)).ok());
  EXPECT_EQ(failed, 0);
}

// Every number once, and those of one key in order.
void ExpectEachOnceInOrder(const std::vector<std::string>& values, int count) {
  ASSERT_EQ(values.size(), static_cast<std::size_t>(count));
  std::map<int, int> last;
  for (const auto& value : values) {
    const int number = std::stoi(value);
    const int key = number % 50;
    EXPECT_EQ(number, last.contains(key) ? last[key] + 50 : key);
    last[key] = number;
  }
}

TEST(ProducerWithKafka, ChoosesThePartitionThatPartitionForSays) {
  const auto topic = MakeTestTopic(8);
  Producer producer({.cluster = TestCluster()});
  EXPECT_EQ(producer.PartitionCount(topic, In(kLong)).value(), 8);
  for (const char* key : {"1", "2", "17", "4294967296", "999999999"}) {
    const auto position = producer.Produce(
        {.topic = topic, .key = key, .value = "v", .headers = {{"traceparent", "00-a-b-01"}}},
        In(kLong));
    ASSERT_TRUE(position.ok()) << position.error().ToString();
    EXPECT_EQ(position->partition, PartitionFor(key, 8));
    EXPECT_GE(position->offset, 0);
  }
  const auto ends = producer.EndOffsets(topic, In(kLong));
  std::int64_t total = 0;
  for (const auto& [partition, end] : ends.value()) total += end;
  EXPECT_EQ(total, 5);
  EXPECT_TRUE(producer.Health(topic).ok());
  EXPECT_EQ(producer.PartitionCount("no-such-topic", In(kLong)).error().reason, "topic_unknown");
}

TEST(GroupConsumerWithKafka, AppliesEachMessageOnceInOrder) {
  const auto topic = MakeTestTopic(4);
  ProduceNumbers(topic, 0, 1'000);
  MemoryStore store;
  Handler handler(store);
  GroupConsumer consumer(ConsumerConfig(topic), handler);
  ASSERT_TRUE(store.WaitForCount(1'000));
  ProduceNumbers(topic, 1'000, 500);
  ASSERT_TRUE(store.WaitForCount(1'500));
  EXPECT_TRUE(consumer.Health().ok());
  consumer.Stop();
  ExpectEachOnceInOrder(store.values(), 1'500);
}

TEST(GroupConsumerWithKafka, LosesAndRepeatsNothingWhenApplyingFails) {
  const auto topic = MakeTestTopic(4);
  ProduceNumbers(topic, 0, 3'000);
  MemoryStore store;
  int before = 0;
  int after = 0;
  // Every third attempt fails before storing anything, every fourth after (a commit whose answer
  // was lost).
  Handler handler(
      store,
      [&] {
        return ++before % 3 == 0 ? Status(Error::Unavailable("database_unavailable", ""))
                                 : Status();
      },
      [&] {
        return ++after % 4 == 0 ? Status(Error::Unavailable("database_unavailable", "")) : Status();
      });
  GroupConsumer consumer(ConsumerConfig(topic), handler);
  ASSERT_TRUE(store.WaitForCount(3'000));
  EXPECT_GT(consumer.Stats().failures, 0);
  consumer.Stop();
  ExpectEachOnceInOrder(store.values(), 3'000);
}

TEST(GroupConsumerWithKafka, GoesOnFromTheDatabaseWhenFenced) {
  const auto topic = MakeTestTopic(1);
  ProduceNumbers(topic, 0, 200);
  MemoryStore store;
  bool moved = false;
  // Someone else applies up to 150 while the first batch (of 100) is under way.
  Handler handler(store, [&]() -> Status {
    if (!std::exchange(moved, true)) store.MoveOn(0, 150);
    return {};
  });
  GroupConsumer consumer(ConsumerConfig(topic), handler);
  ASSERT_TRUE(store.WaitForCount(50));
  consumer.Stop();
  EXPECT_EQ(store.values().size(), 50U);
  EXPECT_EQ(store.values().front(), "150");
  EXPECT_EQ(consumer.Stats().fenced, 1);
}

TEST(GroupConsumerWithKafka, HandsPartitionsOverWhenMembersComeAndGo) {
  const auto topic = MakeTestTopic(4);
  MemoryStore store;
  Handler one(store);
  Handler two(store);
  GroupConsumer first(ConsumerConfig(topic), one);
  ProduceNumbers(topic, 0, 1'000);
  {
    GroupConsumer second(ConsumerConfig(topic), two);
    ProduceNumbers(topic, 1'000, 2'000);
    ASSERT_TRUE(store.WaitForCount(3'000));
  }
  ProduceNumbers(topic, 3'000, 1'000);
  ASSERT_TRUE(store.WaitForCount(4'000));
  first.Stop();
  ExpectEachOnceInOrder(store.values(), 4'000);
}

TEST(GroupConsumerWithKafka, ReportsALogThatIsShorterThanTheDatabase) {
  const auto topic = MakeTestTopic(1);
  ProduceNumbers(topic, 0, 10);
  MemoryStore store;
  store.MoveOn(0, 11);
  Handler handler(store);
  GroupConsumer consumer(ConsumerConfig(topic), handler);
  const auto until = std::chrono::steady_clock::now() + kLong;
  while (consumer.Stats().failures == 0 && std::chrono::steady_clock::now() < until) {
    std::this_thread::yield();
  }
  EXPECT_EQ(consumer.Health().error().reason, "log_truncated");
  consumer.Stop();
  EXPECT_TRUE(store.values().empty());
}

TEST(PartitionLogWithKafka, ReadsFromGivenOffsetsAndKnowsItsPosition) {
  const auto topic = MakeTestTopic(2);
  Producer producer({.cluster = TestCluster()});
  std::map<std::int32_t, std::int64_t> last;
  for (int i = 0; i < 100; ++i) {
    const auto position = producer.Produce({.topic = topic,
                                            .key = std::to_string(i),
                                            .value = "before",
                                            .headers = {{"traceparent", "tp"}}},
                                           In(kLong));
    last[position->partition] = position->offset;
  }
  std::atomic<int> before{0};
  std::atomic<int> after{0};
  std::atomic<int> traced{0};
  PartitionLog log(
      {.cluster = TestCluster(), .topic = topic},
      [&](std::int32_t count) -> Result<Offsets> {
        EXPECT_EQ(count, 2);
        return Offsets{{0, last[0]}, {1, kFromEnd}};
      },
      [&](const Message& message) {
        ++(message.value == "before" ? before : after);
        if (message.traceparent == "tp") ++traced;
      });
  ASSERT_TRUE(log.WaitFor({0, last[0]}, In(kLong)));
  const auto written = producer.Produce({.topic = topic, .key = "x", .value = "after"}, In(kLong));
  ASSERT_TRUE(log.WaitFor(*written, In(kLong)));
  EXPECT_EQ(before, 1);
  EXPECT_EQ(traced, 1);
  EXPECT_EQ(after, 1);
  EXPECT_TRUE(log.caught_up());
  EXPECT_TRUE(log.Health().ok());
  EXPECT_EQ(log.Next(written->partition), written->offset + 1);
  EXPECT_FALSE(log.WaitFor({0, 1'000'000}, In(std::chrono::milliseconds(20))));
}

TEST(AdminWithKafka, MakesTopicsWithTheirSettingsAndLeavesThoseThatAreThere) {
  Admin admin(TestCluster());
  ASSERT_TRUE(admin.WaitForBrokers(1, In(kLong)).ok());
  const auto name = "test-" + Uuid::V7(SystemClock().Now()).ToString();
  const TopicSpec topic{name, 3, {{"retention.ms", "123456"}, {"cleanup.policy", "compact"}}};
  const auto created = admin.Create({topic,
                                     {name + "-bad", 1, {{"no.such.setting", "1"}}},
                                     {name + "-copies", 1},
                                     {"no/name", 1}},
                                    1, In(kLong));
  ASSERT_EQ(created.size(), 4U);
  EXPECT_TRUE(created[0].ok()) << created[0].error().ToString();
  ASSERT_FALSE(created[1].ok());
  EXPECT_EQ(created[1].error().reason, "topic_invalid");
  EXPECT_NE(created[1].error().message.find("no.such.setting"), std::string::npos);
  EXPECT_TRUE(created[2].ok());
  EXPECT_EQ(created[3].error().reason, "topic_invalid");

  EXPECT_EQ(admin.Create({{name, 7}}, 1, In(kLong)).front().error().code, Code::kAlreadyExists);
  const auto topics = admin.Topics(In(kLong));
  ASSERT_TRUE(topics.ok());
  EXPECT_EQ(topics->at(name), 3);
  EXPECT_FALSE(topics->contains(name + "-bad"));
  const auto settings = admin.Settings(name, In(kLong));
  ASSERT_TRUE(settings.ok()) << settings.error().ToString();
  EXPECT_EQ(settings->at("retention.ms"), "123456");
  EXPECT_EQ(settings->at("cleanup.policy"), "compact");
  EXPECT_EQ(admin.Settings(name + "-none", In(kLong)).error().code, Code::kNotFound);
}

TEST(AdminWithKafka, WaitsForAsManyBrokersAsAreWantedAndNoLonger) {
  const auto status = Admin(TestCluster()).WaitForBrokers(3, In(std::chrono::milliseconds(500)));
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("only 1 of 3 brokers"), std::string::npos)
      << status.error().message;
}

}  // namespace
}  // namespace marquee::kafka
