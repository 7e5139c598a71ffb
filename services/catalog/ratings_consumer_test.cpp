// The catalogue's consumer of ratings against a real Kafka and PostgreSQL.
#include <gtest/gtest.h>

#include <pqxx/pqxx>
#include <thread>

#include "catalog/store/rating_step.h"
#include "catalog/testing/pg_database.h"
#include "config/config.h"
#include "kafka/producer.h"
#include "kafka/testing.h"
#include "ratings/rating_consumer.h"
#include "ratings/rating_events.h"
#include "ratings/testing.h"

namespace marquee::catalog {
namespace {

class RatingsConsumerTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!HasPostgres() || !config::SystemEnvironment().Get("MARQUEE_TEST_KAFKA_BROKERS")) {
      GTEST_SKIP() << "needs MARQUEE_TEST_POSTGRES_URI and MARQUEE_TEST_KAFKA_BROKERS";
    }
    EmptyDatabase();
    pool_.emplace(pg::PoolConfig{.uri = DatabaseUri(), .max_connections = 4});
    topic_ = kafka::MakeTestTopic(3);
    producer_.emplace(kafka::ProducerConfig{.cluster = kafka::TestCluster()});
  }
  void Send(std::int64_t user, std::int64_t movie, std::optional<float> value, int number) {
    const ratings::RatingChange change{
        .event_id = ratings::TestEventId(user, std::to_string(number)),
        .user_id = user,
        .movie_id = movie,
        .value = value,
        .occurred_at_us = 1'700'000'000'000'000 + number};
    kafka::Outgoing message{.topic = topic_, .key = std::to_string(user)};
    ratings::EncodeRating(change, message.value);
    producer_->ProduceAsync(std::move(message),
                            [](const Result<LogPosition>& sent) { EXPECT_TRUE(sent.ok()); });
  }
  void Flush() {
    ASSERT_TRUE(producer_->Flush(SystemClock().Now() + std::chrono::seconds(30)).ok());
  }
  std::unique_ptr<ratings::RatingConsumer> Start(
      kafka::ClusterConfig cluster = kafka::TestCluster()) {
    return std::make_unique<ratings::RatingConsumer>(
        ratings::RatingConsumerConfig{.consumer = {.cluster = std::move(cluster),
                                                   .group = topic_ + "-group",
                                                   .topic = topic_,
                                                   .batch_messages = 100,
                                                   .check_every = std::chrono::milliseconds(200)},
                                      .service = "catalog"},
        *pool_, ratings::RatingSteps{.apply = ApplyRatingBatch}, *metrics_);
  }
  std::int64_t Number(const std::string& sql) {
    return pool_
        ->Read([&](pg::Transaction& tx) -> Result<std::int64_t> {
          return tx.exec(sql)[0][0].as<std::int64_t>();
        })
        .value_or(-1);
  }
  std::int64_t Applied() {
    return Number("SELECT coalesce(sum(next_offset), 0)::bigint FROM consumer_offsets");
  }
  // Kafka and the consumer answer when they do: asked again until then, or the time is over.
  bool WaitUntilApplied(std::int64_t messages) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (std::chrono::steady_clock::now() < until) {
      if (Applied() == messages) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }

  std::optional<pg::Pool> pool_;
  std::string topic_;
  std::unique_ptr<metrics::Metrics> metrics_ = std::make_unique<metrics::Metrics>();
  std::optional<kafka::Producer> producer_;
};

TEST_F(RatingsConsumerTest, AppliesWhatIsSentAndSaysSo) {
  for (int user = 1; user <= 300; ++user) Send(user, 1 + user % 7, 4.0F, user);
  producer_->ProduceAsync({.topic = topic_, .key = "1", .value = "nonsense"}, [](auto) {});
  Flush();
  const auto consumer = Start();
  ASSERT_TRUE(WaitUntilApplied(301));
  EXPECT_EQ(Number("SELECT rating_count FROM rating_totals"), 300);
  EXPECT_EQ(Number("SELECT half_stars FROM rating_totals"), 2400);
  EXPECT_TRUE(consumer->Health().ok());
  consumer->Stop();
  const std::string text = metrics_->Text();
  EXPECT_NE(text.find("marquee_catalog_applied_events_total 300"), std::string::npos);
  EXPECT_NE(text.find("marquee_catalog_dead_letters_total{reason=\"undecodable\"} 1"),
            std::string::npos)
      << text;
}

TEST_F(RatingsConsumerTest, PlansByWhatIsThereOnceABacklogIsApplied) {
  for (int user = 1; user <= 20'000; ++user) Send(user, 1 + user % 7, 4.0F, user);
  Flush();
  ExecuteInDatabase("ANALYZE ratings, movie_stats");
  const auto consumer = Start();
  ASSERT_TRUE(WaitUntilApplied(20'000));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const auto planned = [&] {
    return Number("SELECT min(reltuples)::bigint FROM pg_class WHERE relname = 'ratings'");
  };
  while (planned() < 20'000 && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(planned(), 20'000);
}

TEST_F(RatingsConsumerTest, CountsNothingTwiceWhenConsumersAndConnectionsDie) {
  int number = 0;
  for (int round = 0; round < 5; ++round) {
    const auto consumer = Start();
    for (int user = 1; user <= 400; ++user) {
      Send(user, 1 + user % 7, 0.5F * static_cast<float>(1 + number % 10), number);
      ++number;
    }
    Flush();
    KillConnections();
    if (round == 2) {
      ASSERT_TRUE(WaitUntilApplied(number));
    }
    // The others are stopped wherever they are.
    consumer->Stop();
    metrics_ = std::make_unique<metrics::Metrics>();
  }
  const auto consumer = Start();
  ASSERT_TRUE(WaitUntilApplied(number));
  consumer->Stop();
  EXPECT_EQ(Number("SELECT count(*) FROM ratings WHERE revision <> 5"), 0);
  EXPECT_EQ(Number("SELECT rating_count FROM rating_totals"), 400);
  EXPECT_EQ(Number("SELECT count(*) FROM movie_stats s JOIN (SELECT movie_id, count(*) AS n,"
                   " sum(value * 2)::bigint AS h FROM ratings GROUP BY 1) r USING (movie_id)"
                   " WHERE s.rating_count = r.n AND s.half_stars = r.h"),
            7);
}

// The statistics stay equal to a recount when the log is made anew, with more than it had.
TEST_F(RatingsConsumerTest, CountsAnotherLogOnceAndForgetsNothing) {
  int number = 0;
  const auto send = [&](int users) {
    for (int user = 1; user <= users; ++user, ++number) Send(user, 1 + number % 7, 4.0F, number);
    Flush();
  };
  send(100);
  const auto consumer = Start();
  const auto rated = [&](std::int64_t wanted) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (Number("SELECT count(*) FROM applied_events") != wanted) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
  };
  ASSERT_TRUE(rated(100));
  kafka::RemakeTestTopic(topic_, 3);
  // The old one may still know the old topic, and refuse what is sent to the new one.
  producer_.emplace(kafka::ProducerConfig{.cluster = kafka::TestCluster()});
  send(250);
  ASSERT_TRUE(rated(350));
  consumer->Stop();
  EXPECT_EQ(Number("SELECT count(*) FROM consumer_offsets WHERE other_logs = 1"), 3);
  EXPECT_EQ(Number("SELECT rating_count FROM rating_totals"),
            Number("SELECT count(*) FROM ratings WHERE value IS NOT NULL"));
  EXPECT_EQ(Number("SELECT count(*) FROM movie_stats s JOIN (SELECT movie_id, count(*) AS n,"
                   " sum(value * 2)::bigint AS h FROM ratings GROUP BY 1) r USING (movie_id)"
                   " WHERE s.rating_count = r.n AND s.half_stars = r.h"),
            7);
}

TEST_F(RatingsConsumerTest, WaitsForKafkaAndSaysSo) {
  const auto consumer = Start({.brokers = "127.0.0.1:1"});
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (consumer->Health().ok() && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(consumer->Health().error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace marquee::catalog
