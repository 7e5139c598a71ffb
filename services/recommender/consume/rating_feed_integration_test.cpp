// Live histories over a real Kafka: what a person wrote is in the next answer, always.
#include "recommender/consume/rating_feed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <thread>

#include "kafka/producer.h"
#include "kafka/testing.h"
#include "ratings/rating_events.h"
#include "recommender/app/histories.h"
#include "recommender/testing/fixtures.h"

namespace marquee::recommender {
namespace {

using namespace std::chrono_literals;
using ratings::RatingChange;
using ratings::Source;
using testing_::FakeSource;
using Ratings = std::vector<Rated>;

constexpr int kPartitions = 8;
constexpr int kUsers = 40;

class RatingFeedTest : public testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("MARQUEE_TEST_KAFKA_BROKERS") == nullptr) {
      GTEST_SKIP() << "MARQUEE_TEST_KAFKA_BROKERS isn't set";
    }
    topic_ = kafka::MakeTestTopic(kPartitions);
    producer_ = std::make_unique<kafka::Producer>(
        kafka::ProducerConfig{.cluster = kafka::TestCluster(), .linger = 0ms});
  }

  // Writes, and returns the position after the write as the person's next read carries it.
  LogPosition Write(const RatingChange& change) {
    kafka::Outgoing message{
        .topic = topic_, .key = std::to_string(change.user_id), .value = {}, .headers = {}};
    ratings::EncodeRating(change, message.value);
    const auto position = producer_->Produce(std::move(message), SystemClock().Now() + 10s);
    if (!position.ok()) throw std::runtime_error(position.error().ToString());
    auto& log = logs_[position->partition];
    log.push_back(change);
    if (position->next_offset != static_cast<std::int64_t>(log.size())) {
      throw std::runtime_error("somebody else writes to this topic");
    }
    places_[{position->partition, position->next_offset}] = position->fingerprint;
    return *position;
  }
  RatingChange Random() {
    return {.event_id = Uuid::V7(SystemClock().Now()),
            .user_id = 1 + static_cast<std::int64_t>(random_() % kUsers),
            .movie_id = 1 + static_cast<std::int64_t>(random_() % 200),
            .value = random_() % 8 == 0 ? std::nullopt
                                        : std::optional(static_cast<float>(1 + random_() % 10) / 2),
            .occurred_at_us = 1,
            .source = Source::kLive};
  }
  // The user's ratings when `end` events of the partition are applied.
  Ratings After(std::int32_t partition, std::int64_t end, std::int64_t user_id) const {
    std::map<std::int64_t, float> current;
    const auto found = logs_.find(partition);
    for (std::int64_t at = 0; found != logs_.end() && at < end; ++at) {
      const auto& change = found->second[static_cast<std::size_t>(at)];
      if (change.user_id != user_id) continue;
      if (change.value) {
        current[change.movie_id] = *change.value;
      } else {
        current.erase(change.movie_id);
      }
    }
    Ratings ratings;
    for (const auto& [movie, value] : current) ratings.push_back({movie, value});
    return ratings;
  }
  // A database that is some events behind.
  Result<StoredHistory> ReadBehind(const CallContext& call) {
    const auto partition = kafka::PartitionFor(std::to_string(call.caller.user_id), kPartitions);
    const auto end = static_cast<std::int64_t>(logs_[partition].size());
    std::int64_t next = std::max<std::int64_t>(0, end - static_cast<std::int64_t>(random_() % 10));
    for (const auto& position : call.positions) next = std::max(next, position.at.next_offset);
    return StoredHistory{.position = {partition, next, places_[{partition, next}]},
                         .ratings = After(partition, next, call.caller.user_id)};
  }

  std::string topic_;
  std::unique_ptr<kafka::Producer> producer_;
  std::map<std::int32_t, std::vector<RatingChange>> logs_;
  std::map<std::pair<std::int32_t, std::int64_t>, std::uint64_t> places_;  // their fingerprints
  std::mt19937 random_{1};
  metrics::Metrics metrics_;
};

TEST_F(RatingFeedTest, TheReadAfterAWriteHoldsItAThousandTimesOutOfAThousand) {
  for (int at = 0; at < 200; ++at) Write(Random());  // from before the service started
  // Room for about a third of the users, so that hits and misses alternate.
  HistoryStore store({.max_bytes = 8 << 10, .events_kept = 64, .max_age = 1h}, SystemClock());
  RatingFeed feed(kafka::TestCluster(), topic_, store, metrics_);
  FakeSource source([this](const CallContext& call) { return ReadBehind(call); });
  Histories histories(store, source, feed, {}, SystemClock(), metrics_);

  std::vector<double> seconds;
  for (int round = 0; round < 1000; ++round) {
    const RatingChange change = Random();
    const LogPosition written[] = {Write(change)};
    const auto begin = std::chrono::steady_clock::now();
    const auto ratings = histories.Of(testing_::CallOf(change.user_id, written, 20s));
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    ASSERT_TRUE(ratings.ok());
    ASSERT_EQ(*ratings, After(written[0].partition, written[0].next_offset, change.user_id))
        << "round " << round;
  }
  std::sort(seconds.begin(), seconds.end());
  std::printf("read after write: p50 %.2f ms, p99 %.2f ms, most %.2f ms; %d fills\n",
              seconds[500] * 1e3, seconds[990] * 1e3, seconds.back() * 1e3, source.reads());
  EXPECT_GT(source.reads(), 200);
  EXPECT_LT(source.reads(), 1100);
  EXPECT_EQ(
      metrics_.Text().find("position_waits_total{outcome=\"timed_out\"} 0") != std::string::npos,
      true);
}

// The topic is deleted and made anew while the service runs; the database keeps the old log's
// offsets for a while. What is rated then is in the next answer, whoever is cached.
TEST_F(RatingFeedTest, FollowsAnotherLogAtOnce) {
  for (int at = 0; at < 400; ++at) Write(Random());
  HistoryStore store({}, SystemClock());
  RatingFeed feed(kafka::TestCluster(), topic_, store, metrics_);
  std::map<std::int64_t, Ratings> old;
  LogPositions ends;
  FakeSource source([&](const CallContext& call) -> Result<StoredHistory> {
    const auto partition = kafka::PartitionFor(std::to_string(call.caller.user_id), kPartitions);
    return StoredHistory{.position = ends.at(partition), .ratings = old.at(call.caller.user_id)};
  });
  for (const auto& [partition, log] : logs_) {
    const auto end = static_cast<std::int64_t>(log.size());
    ends[partition] = {partition, end, places_[{partition, end}]};
  }
  for (std::int64_t user = 1; user <= kUsers; ++user) {
    const auto partition = kafka::PartitionFor(std::to_string(user), kPartitions);
    old[user] = After(partition, ends.at(partition).next_offset, user);
  }
  Histories histories(store, source, feed, {.read_wait = 20s, .fill_timeout = 20s}, SystemClock(),
                      metrics_);
  const auto of = [&](std::int64_t user, std::span<const LogPosition> written) {
    return histories.Of(testing_::CallOf(user, written, 60s));
  };
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (feed.partitions() == 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  for (std::int64_t user = 1; user <= kUsers; ++user) ASSERT_EQ(of(user, {}).value(), old[user]);
  kafka::RemakeTestTopic(topic_, kPartitions);
  logs_.clear();
  places_.clear();
  for (int round = 0; round < 200; ++round) {
    RatingChange change = Random();
    change.movie_id += 1'000;  // apart from what the old log said
    change.value = 4.0F;
    const LogPosition written[] = {Write(change)};
    if (round == 0) {  // it takes a moment until it is noticed
      while (store.stats().other_logs < kPartitions && std::chrono::steady_clock::now() < until)
        std::this_thread::yield();
    }
    const auto ratings = of(change.user_id, written);
    ASSERT_TRUE(ratings.ok()) << ratings.error().ToString();
    Ratings expected = old[change.user_id];
    for (const auto& rated : After(written[0].partition, written[0].next_offset, change.user_id))
      expected.push_back(rated);
    ASSERT_EQ(*ratings, expected) << "round " << round;
  }
  EXPECT_EQ(store.stats().other_logs, kPartitions);
}

TEST_F(RatingFeedTest, SkipsWhatNobodyCanDecodeAndGoesOn) {
  HistoryStore store({}, SystemClock());
  RatingFeed feed(kafka::TestCluster(), topic_, store, metrics_);
  FakeSource source([this](const CallContext& call) { return ReadBehind(call); });
  Histories histories(store, source, feed, {}, SystemClock(), metrics_);
  const auto partition = kafka::PartitionFor("7", kPartitions);
  const auto broken =
      producer_->Produce({.topic = topic_, .key = "7", .value = "not a rating", .headers = {}},
                         SystemClock().Now() + 10s);
  ASSERT_TRUE(broken.ok());
  // What the test keeps of the log has the same offsets.
  logs_[partition].push_back({.event_id = {}, .user_id = 0, .movie_id = 0, .value = {}});
  places_[{partition, broken->next_offset}] = broken->fingerprint;
  RatingChange change = Random();
  change.user_id = 7;
  change.value = 4.0F;
  const LogPosition written[] = {Write(change)};
  const auto ratings = histories.Of(testing_::CallOf(7, written, 20s));
  ASSERT_TRUE(ratings.ok());
  EXPECT_EQ(*ratings, (Ratings{{change.movie_id, 4.0F}}));
}

TEST_F(RatingFeedTest, ServesFromTheDatabaseWhileKafkaIsAway) {
  HistoryStore store({}, SystemClock());
  RatingFeed feed({.brokers = "127.0.0.1:1", .client_id = "test", .properties = {}}, topic_, store,
                  metrics_);
  FakeSource source([](const CallContext&) -> Result<StoredHistory> {
    return StoredHistory{.position = {0, 3, 0}, .ratings = {{1, 4.0F}}};
  });
  Histories histories(store, source, feed, {.read_wait = 1h, .fill_timeout = 1s}, SystemClock(),
                      metrics_);
  const LogPosition written[] = {{0, 3, 0}};
  const auto ratings = histories.Of(testing_::CallOf(7, written, 20s));
  ASSERT_TRUE(ratings.ok());
  EXPECT_EQ(*ratings, (Ratings{{1, 4.0F}}));
}

}  // namespace
}  // namespace marquee::recommender
