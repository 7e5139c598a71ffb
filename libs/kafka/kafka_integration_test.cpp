#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <thread>

#include "base/uuid.h"
#include "kafka/admin.h"
#include "kafka/group_consumer.h"
#include "kafka/key_reader.h"
#include "kafka/partition_log.h"
#include "kafka/producer.h"
#include "kafka/testing.h"

namespace marquee::kafka {
namespace {

Time In(std::chrono::milliseconds left) { return SystemClock().Now() + left; }
constexpr std::chrono::seconds kLong{30};

// The database of these tests: batches and positions are stored together, under one lock.
class MemoryStore {
 public:
  Result<LogPositions> Load(const std::vector<std::int32_t>& partitions) {
    const std::lock_guard lock(mutex_);
    LogPositions positions;
    for (const auto partition : partitions) positions[partition] = At(partition);
    return positions;
  }
  Status Store(const Batch& batch, const LogPositions& expected, const LogPositions& next) {
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [partition, position] : expected) {
        if (At(partition) != position) return Error::FailedPrecondition(kOffsetsFenced, "moved on");
      }
      for (const auto& [partition, messages] : batch) {
        for (const auto& message : messages) values_.push_back(message.value);
      }
      for (const auto& [partition, position] : next) positions_[partition] = position;
    }
    stored_.notify_all();
    return {};
  }
  Status Move(const LogPosition& from, std::int64_t to, Moved why) {
    const std::lock_guard lock(mutex_);
    if (At(from.partition) != from) return Error::FailedPrecondition(kOffsetsFenced, "moved on");
    moves_.push_back({from.partition, to - from.next_offset, why});
    positions_[from.partition] = {.partition = from.partition, .next_offset = to};
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
  // How often each kind of move was made, of any partition.
  int moves(Moved why) {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(std::ranges::count(moves_, why, &Move_::why));
  }
  std::int64_t moved_by(Moved why) {
    const std::lock_guard lock(mutex_);
    std::int64_t by = 0;
    for (const auto& move : moves_) by += move.why == why ? move.by : 0;
    return by;
  }
  void MoveOn(const LogPosition& position) {
    const std::lock_guard lock(mutex_);
    positions_[position.partition] = position;
  }

 private:
  struct Move_ {
    std::int32_t partition;
    std::int64_t by;
    Moved why;
  };
  const LogPosition& At(std::int32_t partition) {
    auto& position = positions_[partition];
    position.partition = partition;
    return position;
  }
  std::mutex mutex_;
  std::condition_variable stored_;
  std::vector<std::string> values_;
  std::vector<Move_> moves_;
  LogPositions positions_;
};

class Handler final : public BatchHandler {
 public:
  using Fault = std::function<Status()>;
  explicit Handler(MemoryStore& store, Fault before = {}, Fault after = {})
      : store_(store), before_(std::move(before)), after_(std::move(after)) {}
  Result<LogPositions> LoadPositions(const std::vector<std::int32_t>& partitions) override {
    return store_.Load(partitions);
  }
  Status Apply(const Batch& batch, const LogPositions& expected,
               const LogPositions& next) override {
    if (before_) RETURN_IF_ERROR(before_());
    RETURN_IF_ERROR(store_.Store(batch, expected, next));
    return after_ ? after_() : Status();
  }
  Status Move(const LogPosition& from, std::int64_t to, Moved why) override {
    return store_.Move(from, to, why);
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
          .max_backoff = std::chrono::milliseconds(20),
          .check_every = std::chrono::milliseconds(200)};
}

void ProduceNumbers(const std::string& topic, int first, int count) {
  Producer producer({.cluster = TestCluster()});
  std::atomic<int> failed{0};
  for (int i = first; i < first + count; ++i) {
    producer.ProduceAsync(
        {.topic = topic, .key = std::to_string(i % 50), .value = std::to_string(i)},
        [&](const Result<LogPosition>& result) { failed += result.ok() ? 0 : 1; });
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
    EXPECT_GE(position->next_offset, 1);
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

TEST(GroupConsumerWithKafka, RestsAfterABatchAndStopsWhileItRests) {
  const auto topic = MakeTestTopic(1);
  ProduceNumbers(topic, 0, 1'000);
  MemoryStore store;
  Handler handler(store);
  auto config = ConsumerConfig(topic);
  std::atomic<std::size_t> told = 0;
  config.next_batch = [] { return 40; };
  config.rest = [&](std::size_t messages, std::chrono::nanoseconds took) {
    EXPECT_LE(messages, 40U) << "of the 100 that it may have";
    EXPECT_GT(took.count(), 0);
    told += messages;
    return told < 1'000 ? std::chrono::nanoseconds(1)
                        : std::chrono::nanoseconds(std::chrono::hours(1));
  };
  GroupConsumer consumer(config, handler);
  ASSERT_TRUE(store.WaitForCount(1'000));
  consumer.Stop();
  EXPECT_EQ(told, 1'000U);
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
    if (!std::exchange(moved, true)) store.MoveOn({.partition = 0, .next_offset = 150});
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

// A log of 30 messages was applied; another by its name has this many when they meet.
class AnotherLog : public testing::TestWithParam<int> {
 protected:
  static constexpr int kBefore = 30;
  void ExpectAllOfIt(MemoryStore& store, int count) {
    auto values = store.values();
    ASSERT_GE(values.size(), static_cast<std::size_t>(kBefore + count));
    std::set<std::string> fresh(values.begin() + kBefore, values.end());
    EXPECT_EQ(fresh.size(), static_cast<std::size_t>(count));
    EXPECT_EQ(values.size(), static_cast<std::size_t>(kBefore + count));
    EXPECT_EQ(store.moves(Moved::kOtherLog), 1);
    EXPECT_EQ(store.moves(Moved::kEventsLost), 0);
  }
  const std::string topic_ = MakeTestTopic(1);
  MemoryStore store_;
  Handler handler_{store_};
};

TEST_P(AnotherLog, IsReadFromItsBeginningByAConsumerThatComesBack) {
  ProduceNumbers(topic_, 0, kBefore);
  {
    GroupConsumer consumer(ConsumerConfig(topic_), handler_);
    ASSERT_TRUE(store_.WaitForCount(kBefore));
  }
  RemakeTestTopic(topic_, 1);
  ProduceNumbers(topic_, 1'000, GetParam());
  GroupConsumer consumer(ConsumerConfig(topic_), handler_);
  ASSERT_TRUE(store_.WaitForCount(static_cast<std::size_t>(kBefore + GetParam())));
  ProduceNumbers(topic_, 2'000, 5);
  ASSERT_TRUE(store_.WaitForCount(static_cast<std::size_t>(kBefore + GetParam() + 5)));
  consumer.Stop();
  ExpectAllOfIt(store_, GetParam() + 5);
}

TEST_P(AnotherLog, IsReadFromItsBeginningByAConsumerThatRuns) {
  ProduceNumbers(topic_, 0, kBefore);
  GroupConsumer consumer(ConsumerConfig(topic_), handler_);
  ASSERT_TRUE(store_.WaitForCount(kBefore));
  RemakeTestTopic(topic_, 1);
  ProduceNumbers(topic_, 1'000, GetParam());
  ASSERT_TRUE(store_.WaitForCount(static_cast<std::size_t>(kBefore + GetParam())));
  ProduceNumbers(topic_, 2'000, 5);
  ASSERT_TRUE(store_.WaitForCount(static_cast<std::size_t>(kBefore + GetParam() + 5)));
  EXPECT_TRUE(consumer.Health().ok());
  consumer.Stop();
  ExpectAllOfIt(store_, GetParam() + 5);
}

TEST_P(AnotherLog, IsReadFromItsBeginningByAPartitionLog) {
  ProduceNumbers(topic_, 0, kBefore);
  std::mutex mutex;
  std::condition_variable read;
  std::vector<std::string> values;
  int others = 0;
  PartitionLog log(
      {.cluster = TestCluster(), .topic = topic_, .check_every = std::chrono::milliseconds(200)},
      [](std::int32_t) -> Result<Offsets> { return Offsets{}; },
      [&](const Message& message, const LogPosition&) {
        const std::lock_guard lock(mutex);
        values.push_back(message.value);
        read.notify_all();
      },
      [&](const LogPosition&, bool another_log) {
        const std::lock_guard lock(mutex);
        others += another_log ? 1 : 0;
        if (another_log) values.clear();  // what a follower knows is of the log that is gone
      });
  const auto wait = [&](int count, int logs) {
    std::unique_lock lock(mutex);
    return read.wait_for(lock, kLong, [&] {
      return values.size() == static_cast<std::size_t>(count) && others == logs;
    });
  };
  ASSERT_TRUE(wait(kBefore, 0));
  RemakeTestTopic(topic_, 1);
  ProduceNumbers(topic_, 1'000, GetParam());
  ASSERT_TRUE(wait(GetParam(), 1));
  Producer producer({.cluster = TestCluster()});
  const auto written = producer.Produce({.topic = topic_, .key = "1", .value = "2000"}, In(kLong));
  ASSERT_TRUE(written.ok());
  EXPECT_EQ(log.WaitFor(*written, In(kLong)), Awaited::kReached);
  EXPECT_EQ(log.Lag(), 0);
  log.Stop();
  EXPECT_EQ(values.size(), static_cast<std::size_t>(GetParam() + 1));
  EXPECT_EQ(values.front(), "1000");
  EXPECT_EQ(others, 1);
}

INSTANTIATE_TEST_SUITE_P(ShorterEqualAndLonger, AnotherLog, testing::Values(10, 30, 50));

// librdkafka before 2.1.0 never comes back from destroying such a consumer.
TEST(GroupConsumerWithKafka, SaysThatItsTopicIsGoneAndEndsAllTheSame) {
  const auto topic = MakeTestTopic(1);
  ProduceNumbers(topic, 0, 10);
  MemoryStore store;
  Handler handler(store);
  GroupConsumer consumer(ConsumerConfig(topic), handler);
  ASSERT_TRUE(store.WaitForCount(10));
  DeleteTestTopic(topic);
  const auto until = std::chrono::steady_clock::now() + kLong;
  while (consumer.Health().ok() && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  EXPECT_FALSE(consumer.Health().ok());
  consumer.Stop();
}

TEST(PartitionLogWithKafka, EndsThoughItsTopicIsGone) {
  const auto topic = MakeTestTopic(1);
  std::atomic<int> read{0};
  PartitionLog log(
      {.cluster = TestCluster(), .topic = topic},
      [](std::int32_t) -> Result<Offsets> { return Offsets{}; },
      [&](const Message&, const LogPosition&) { ++read; });
  ProduceNumbers(topic, 0, 10);
  while (read < 10) std::this_thread::yield();
  EXPECT_TRUE(log.followed());
  DeleteTestTopic(topic);
  while (log.Lag().has_value()) std::this_thread::yield();  // librdkafka has heard of it
  const auto until = std::chrono::steady_clock::now() + kLong;
  while (log.followed() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_FALSE(log.followed());
  log.Stop();
}

TEST(GroupConsumerWithKafka, ReadsNothingTwiceOfALogThatIsTheSame) {
  const auto topic = MakeTestTopic(2);
  MemoryStore store;
  Handler handler(store);
  for (int round = 0; round < 3; ++round) {
    ProduceNumbers(topic, round * 100, 100);
    GroupConsumer consumer(ConsumerConfig(topic), handler);
    ASSERT_TRUE(store.WaitForCount(static_cast<std::size_t>(round + 1) * 100));
  }
  ExpectEachOnceInOrder(store.values(), 300);
  EXPECT_EQ(store.moves(Moved::kOtherLog), 0);
}

TEST(GroupConsumerWithKafka, TakesAPositionWithoutFingerprintForTheSameLog) {
  const auto topic = MakeTestTopic(1);
  ProduceNumbers(topic, 0, 10);
  MemoryStore store;
  store.MoveOn({.partition = 0, .next_offset = 6});  // as a version wrote it that knew of none
  Handler handler(store);
  GroupConsumer consumer(ConsumerConfig(topic), handler);
  ASSERT_TRUE(store.WaitForCount(4));
  consumer.Stop();
  EXPECT_EQ(store.values().front(), "6");
  EXPECT_NE(store.Load({0})->at(0).fingerprint, 0U);
  EXPECT_EQ(store.moves(Moved::kOtherLog), 0);
}

TEST(GroupConsumerWithKafka, CountsWhatWasDeletedBeforeItWasReadOnce) {
  const auto topic = MakeTestTopic(1);
  ProduceNumbers(topic, 0, 20);
  MemoryStore store;
  Handler handler(store);
  {
    GroupConsumer consumer(ConsumerConfig(topic), handler);
    ASSERT_TRUE(store.WaitForCount(20));
  }
  ProduceNumbers(topic, 20, 20);
  DeleteTestRecords(topic, 0, 27);
  for (int round = 0; round < 2; ++round) {
    GroupConsumer consumer(ConsumerConfig(topic), handler);
    ASSERT_TRUE(store.WaitForCount(33));
  }
  EXPECT_EQ(store.values().size(), 33U);
  EXPECT_EQ(store.moves(Moved::kEventsLost), 1);
  EXPECT_EQ(store.moved_by(Moved::kEventsLost), 7);
  EXPECT_EQ(store.moves(Moved::kOtherLog), 0);
}

TEST(GroupConsumerWithKafka, ReadsPartitionsThatAreAdded) {
  const auto topic = MakeTestTopic(1);
  ProduceNumbers(topic, 0, 100);
  MemoryStore store;
  Handler handler(store);
  GroupConsumer consumer(ConsumerConfig(topic), handler);
  ASSERT_TRUE(store.WaitForCount(100));
  GrowTestTopic(topic, 3);
  ProduceNumbers(topic, 100, 100);
  ASSERT_TRUE(store.WaitForCount(200));
  EXPECT_EQ(consumer.Stats().partitions.size(), 3U);
  consumer.Stop();
  EXPECT_EQ(store.moves(Moved::kOtherLog) + store.moves(Moved::kEventsLost), 0);
}

TEST(PartitionLogWithKafka, ReadsPartitionsThatAreAdded) {
  const auto topic = MakeTestTopic(1);
  std::atomic<int> read{0};
  PartitionLog log(
      {.cluster = TestCluster(), .topic = topic, .check_every = std::chrono::milliseconds(100)},
      [](std::int32_t) -> Result<Offsets> {
        return Offsets{{0, kFromEnd}};
      },
      [&](const Message&, const LogPosition&) { ++read; });
  const auto until = std::chrono::steady_clock::now() + kLong;
  while (log.partition_count() < 1 && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  ProduceNumbers(topic, 0, 10);
  GrowTestTopic(topic, 2);
  Producer producer({.cluster = TestCluster()});
  LogPositions last;
  int sent = 10;
  // The producer hears of the partitions when it does.
  while (!last.contains(1) && std::chrono::steady_clock::now() < until) {
    const auto position = producer.Produce(
        {.topic = topic, .key = std::to_string(sent++), .value = "after"}, In(kLong));
    ASSERT_TRUE(position.ok());
    last[position->partition] = *position;
  }
  while (log.partition_count() < 2 && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  for (const auto& [partition, position] : last)
    EXPECT_EQ(log.WaitFor(position, In(kLong)), Awaited::kReached);
  EXPECT_EQ(read, sent);
}

TEST(PartitionLogWithKafka, ReadsFromGivenOffsetsAndKnowsItsPosition) {
  const auto topic = MakeTestTopic(2);
  Producer producer({.cluster = TestCluster()});
  LogPositions last;
  for (int i = 0; i < 100; ++i) {
    const auto position = producer.Produce({.topic = topic,
                                            .key = std::to_string(i),
                                            .value = "before",
                                            .headers = {{"traceparent", "tp"}}},
                                           In(kLong));
    last[position->partition] = *position;
  }
  std::atomic<int> before{0};
  std::atomic<int> after{0};
  std::atomic<int> traced{0};
  LogPosition end;  // as the reader tells it
  PartitionLog log(
      {.cluster = TestCluster(), .topic = topic},
      [&](std::int32_t count) -> Result<Offsets> {
        EXPECT_EQ(count, 2);
        return Offsets{{0, last[0].next_offset - 1}, {1, kFromEnd}};
      },
      [&](const Message& message, const LogPosition& position) {
        ++(message.value == "before" ? before : after);
        if (message.traceparent == "tp") ++traced;
        end = position;
      });
  ASSERT_EQ(log.WaitFor(last[0], In(kLong)), Awaited::kReached);
  EXPECT_EQ(end, last[0]) << "producer and reader tell the same record by the same fingerprint";
  const auto written = producer.Produce({.topic = topic, .key = "x", .value = "after"}, In(kLong));
  ASSERT_EQ(log.WaitFor(*written, In(kLong)), Awaited::kReached);
  EXPECT_EQ(before, 1);
  EXPECT_EQ(traced, 1);
  EXPECT_EQ(after, 1);
  EXPECT_TRUE(log.caught_up());
  EXPECT_TRUE(log.followed());
  EXPECT_EQ(log.Next(written->partition), written->next_offset);
}

TEST(PartitionLogWithKafka, WaitsForNoPlaceBeyondItsEnd) {
  const auto topic = MakeTestTopic(1);
  PartitionLog log(
      {.cluster = TestCluster(), .topic = topic},
      [](std::int32_t) -> Result<Offsets> { return Offsets{}; },
      [](const Message&, const LogPosition&) {});
  Producer producer({.cluster = TestCluster()});
  const auto written = producer.Produce({.topic = topic, .key = "x", .value = "v"}, In(kLong));
  const auto until = std::chrono::steady_clock::now() + kLong;
  while (log.Next(0) < 1 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  const Time never = SystemClock().Now() + std::chrono::hours(24);
  EXPECT_EQ(log.WaitFor({0, 1'000'000, 0}, never), Awaited::kBeyond);
  EXPECT_EQ(log.WaitFor({0, 1'000'000, 7}, never), Awaited::kElsewhere);
  EXPECT_EQ(log.WaitFor({9, 1, 0}, never), Awaited::kBeyond);
  EXPECT_EQ(log.WaitFor({9, 1, 7}, never), Awaited::kElsewhere);
  EXPECT_EQ(log.WaitFor(*written, never), Awaited::kReached);
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

TEST(ReadKey, FindsOneKeysMessagesBitByBit) {
  const std::string topic = MakeTestTopic(1);
  Producer producer({.cluster = TestCluster()});
  std::vector<Outgoing> messages;
  for (int i = 0; i < 100; ++i)
    messages.push_back({.topic = topic, .key = std::to_string(i % 10), .value = std::to_string(i)});
  ASSERT_TRUE(producer.ProduceAll(std::move(messages)).ok());
  DeleteTestRecords(topic, 0, 5);
  const Time deadline = SystemClock().Now() + std::chrono::seconds(60);
  std::vector<std::string> found;
  std::int64_t from = 0;
  for (int pages = 1;; ++pages) {
    const auto page = ReadKey(TestCluster(), topic, 0, "3", from, 40, deadline);
    ASSERT_TRUE(page.ok()) << page.error().ToString();
    for (const auto& message : page->messages) found.push_back(message.value);
    from = page->next_offset;
    if (!page->at_end) continue;
    EXPECT_EQ(pages, 3);
    break;
  }
  EXPECT_EQ(from, 100);
  EXPECT_EQ(found,
            (std::vector<std::string>{"13", "23", "33", "43", "53", "63", "73", "83", "93"}));
  EXPECT_TRUE(ReadKey(TestCluster(), topic, 0, "3", from, 40, deadline)->at_end);
  ClusterConfig nowhere = TestCluster();
  nowhere.brokers = "127.0.0.1:1";
  EXPECT_EQ(
      ReadKey(nowhere, topic, 0, "3", 0, 40, SystemClock().Now() + std::chrono::milliseconds(200))
          .error()
          .reason,
      "kafka_unavailable");
}

}  // namespace
}  // namespace marquee::kafka
