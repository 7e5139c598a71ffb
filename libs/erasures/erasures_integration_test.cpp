// Erasing people as a real Kafka says, in a real PostgreSQL.
#include "erasures/erasure_consumer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <future>
#include <optional>
#include <pqxx/pqxx>
#include <thread>

#include "erasures/erased_users.h"
#include "kafka/partition_log.h"
#include "kafka/testing.h"
#include "pg/testing.h"
#include "ratings/rating_projection.h"
#include "ratings/testing.h"

namespace marquee::erasures {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)

constexpr std::int64_t kAda = 1'000'000'001;
constexpr std::int64_t kBob = 1'000'000'002;

class ErasureConsumerTest : public testing::Test {
 protected:
  ErasureConsumerTest() {
    database_.Migrate("services/rating-ingest/migrations");
    for (const auto user : {kAda, kBob}) Rate(user, 1);
  }
  ~ErasureConsumerTest() override {
    consumer_.reset();
    kafka::DeleteTestTopic(topic_);
    kafka::DeleteTestTopic(receipts_);
  }

  void Rate(std::int64_t user, std::int64_t movie) {
    database_.Execute("INSERT INTO ratings VALUES (" + std::to_string(user) + ", " +
                      std::to_string(movie) + ", 4, 1, now(), gen_random_uuid(), 1)");
  }
  std::int64_t Count(const std::string& what) {
    return *pool_.Read([&](pg::Transaction& tx) -> Result<std::int64_t> {
      return tx.exec("SELECT count(*) FROM " + what)[0][0].as<std::int64_t>();
    });
  }
  void Start(std::optional<Error> failure = std::nullopt, kafka::Producer* producer = nullptr) {
    consumer_.emplace(
        ErasureConsumerConfig{.cluster = kafka::TestCluster(),
                              .service = service_,
                              .erasures_topic = topic_,
                              .receipts_topic = receipts_,
                              .period = 20ms},
        pool_, producer == nullptr ? producer_ : *producer,
        [failure, this](pg::Transaction& tx, const Erasure& erasure) -> Status {
          ++tried_;
          ratings::EraseRatings(tx, erasure.user_id);
          if (failure) return *failure;
          return {};
        },
        metrics_.emplace_back());
  }
  void Say(std::int64_t user) {
    auto message = ToMessage(Erasure{user, "erasure-of-" + std::to_string(user), kThen});
    message.topic = topic_;
    ASSERT_TRUE(producer_.Produce(std::move(message), SystemClock().Now() + 60s).ok());
  }
  // The receipts, in their order, once there are so many.
  std::vector<Receipt> Receipts(std::size_t count) {
    std::promise<void> enough;
    std::vector<Receipt> receipts;
    kafka::PartitionLog log(
        {.cluster = kafka::TestCluster(), .topic = receipts_},
        [](std::int32_t) -> Result<kafka::Offsets> { return kafka::Offsets{}; },
        [&](const kafka::Message& message, const LogPosition&) {
          receipts.push_back(*DecodeReceipt(message.value));
          if (receipts.size() == count) enough.set_value();
        });
    EXPECT_EQ(enough.get_future().wait_for(60s), std::future_status::ready);
    log.Stop();
    return receipts;
  }
  template <typename Condition>
  static bool Eventually(const Condition& condition) {
    for (const auto until = SystemClock().Now() + 60s; SystemClock().Now() < until;) {
      if (condition()) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

  const Time kThen{std::chrono::microseconds{1'700'000'000'123'456}};
  const std::string topic_ = kafka::MakeTestTopic(1);
  const std::string receipts_ = kafka::MakeTestTopic(1);
  const std::string service_ = "s-" + topic_.substr(topic_.size() - 8);
  pg::TestDatabase database_;
  pg::Pool pool_{{.uri = database_.uri()}};
  kafka::Producer producer_{{.cluster = kafka::TestCluster()}};
  std::deque<metrics::Metrics> metrics_;
  std::atomic<int> tried_ = 0;
  std::optional<ErasureConsumer> consumer_;
};

TEST_F(ErasureConsumerTest, DeletesAndConfirms) {
  Say(kAda);
  Start();
  const auto receipts = Receipts(1);
  EXPECT_EQ(receipts[0].user_id, kAda);
  EXPECT_EQ(receipts[0].service, service_);
  EXPECT_EQ(Count("ratings WHERE user_id = 1000000001"), 0);
  EXPECT_EQ(Count("ratings"), 1) << "the others stay";
  EXPECT_TRUE(Eventually([&] { return Count("erased_users WHERE confirmed_at IS NULL") == 0; }));
}

TEST_F(ErasureConsumerTest, GoesOnAfterACrashBetweenAnyTwoSteps) {
  // Noted, and not erased: the transaction that erases fails.
  Say(kAda);
  Start(Error::Unavailable("no", "as if the process died there"));
  ASSERT_TRUE(Eventually([&] { return tried_ > 0; }));
  consumer_.reset();
  EXPECT_EQ(Count("erased_users WHERE erased_at IS NULL"), 1);
  EXPECT_EQ(Count("ratings"), 2) << "rolled back";
  // Erased, and not confirmed: the receipt doesn't get out.
  kafka::Producer lame({.cluster = {.brokers = "127.0.0.1:1"}, .delivery_timeout = 1s});
  Start(std::nullopt, &lame);
  ASSERT_TRUE(Eventually([&] { return Count("erased_users WHERE erased_at IS NOT NULL") == 1; }));
  consumer_.reset();
  EXPECT_EQ(Count("erased_users WHERE confirmed_at IS NULL"), 1);
  Start();
  EXPECT_EQ(Receipts(1)[0].user_id, kAda);
  EXPECT_EQ(Count("ratings"), 1);
}

TEST_F(ErasureConsumerTest, ErasesAndConfirmsAgainWhatIsSaidAgain) {
  Start();
  Say(kAda);
  Receipts(1);
  Rate(kAda, 7);  // as no writer would
  Say(kAda);
  EXPECT_EQ(Receipts(2)[1].user_id, kAda);
  EXPECT_EQ(Count("ratings WHERE user_id = 1000000001"), 0);
}

// The database of before: its position is before the record, which is read again.
TEST_F(ErasureConsumerTest, ErasesAgainAfterADatabaseWasRestored) {
  Say(kBob);
  Start();
  Receipts(1);
  consumer_.reset();
  database_.Execute(
      "CREATE TABLE backup_ratings AS TABLE ratings; CREATE TABLE backup_erased AS TABLE "
      "erased_users; CREATE TABLE backup_offsets AS TABLE consumer_offsets");
  Start();
  Say(kAda);
  Receipts(2);
  consumer_.reset();
  EXPECT_EQ(Count("ratings"), 0);
  database_.Execute(
      "TRUNCATE ratings, erased_users, consumer_offsets; INSERT INTO ratings TABLE "
      "backup_ratings; INSERT INTO erased_users TABLE backup_erased; INSERT INTO consumer_offsets "
      "TABLE backup_offsets");
  ASSERT_EQ(Count("ratings WHERE user_id = 1000000001"), 1);
  Start();
  EXPECT_EQ(Receipts(3)[2].user_id, kAda);
  EXPECT_EQ(Count("ratings"), 0);
}

TEST_F(ErasureConsumerTest, LeavesOutWhatItCantRead) {
  ASSERT_TRUE(
      producer_
          .Produce({.topic = topic_, .key = "x", .value = "nonsense"}, SystemClock().Now() + 60s)
          .ok());
  Say(kAda);
  Start();
  EXPECT_EQ(Receipts(1)[0].user_id, kAda);
  EXPECT_NE(metrics_.back().Text().find("_erasures_undecodable_total 1"), std::string::npos);
}

// A writer that looked before the person was noted commits before: what it wrote is erased.
TEST_F(ErasureConsumerTest, HasNoGapForAWriterUnderWay) {
  std::promise<void> looked;
  std::promise<void> go_on;
  std::jthread writer([&] {
    const auto written = pool_.Run([&](pg::Transaction& tx) -> Status {
      RETURN_IF_ERROR(RefuseErased(tx, kAda));
      looked.set_value();
      go_on.get_future().wait();
      tx.exec("INSERT INTO ratings VALUES (1000000001, 5, 4, 1, now(), gen_random_uuid(), 1)");
      return {};
    });
    EXPECT_TRUE(written.ok()) << written.error().ToString();
  });
  looked.get_future().wait();
  Say(kAda);
  Start();
  // The consumer waits for the writer: PostgreSQL says so.
  ASSERT_TRUE(Eventually([&] {
    return Count("pg_locks WHERE relation = 'erased_users'::regclass AND NOT granted") == 1;
  }));
  EXPECT_EQ(tried_, 0);
  go_on.set_value();
  Receipts(1);
  EXPECT_EQ(Count("ratings WHERE user_id = 1000000001"), 0);
  const auto later =
      pool_.Run([&](pg::Transaction& tx) -> Status { return RefuseErased(tx, kAda); });
  EXPECT_EQ(later.error().reason, "token_revoked");
}

TEST_F(ErasureConsumerTest, EventsOfTheErasedAreLeftOutAndCounted) {
  Say(kAda);
  Start();
  Receipts(1);
  metrics::Metrics metrics;
  std::vector<std::int64_t> seen;
  auto step = LeavingOutErased(
      [&](pg::Transaction&, std::span<const ratings::RatingChange> changes) -> Status {
        for (const auto& change : changes) seen.push_back(change.user_id);
        return {};
      },
      metrics, "test");
  std::vector<ratings::RatingChange> changes;
  for (const auto user : {std::int64_t{7}, kAda, kBob, kAda}) changes.push_back({.user_id = user});
  ASSERT_TRUE(pool_.Run([&](pg::Transaction& tx) { return step(tx, changes); }).ok());
  EXPECT_EQ(seen, (std::vector<std::int64_t>{7, kBob}));
  EXPECT_NE(metrics.Text().find("marquee_test_erased_events_total 2"), std::string::npos)
      << metrics.Text();
}

}  // namespace
}  // namespace marquee::erasures
