// The catalogue's changes on their way to marquee.movies.v1, on a real PostgreSQL and a real Kafka.
#include <gtest/gtest.h>

#include <map>
#include <pqxx/pqxx>
#include <thread>

#include "catalog/app/movie_publisher.h"
#include "catalog/clients/kafka_movie_log.h"
#include "catalog/store/pg_movies.h"
#include "catalog/store/pg_publication.h"
#include "catalog/store/rating_step.h"
#include "catalog/testing/pg_database.h"
#include "config/config.h"
#include "kafka/testing.h"

namespace marquee::catalog {
namespace {

using std::chrono::milliseconds;

CallContext Soon() { return CallContext(SystemClock().Now() + std::chrono::seconds(30)); }

// A replica's publisher.
struct Replica {
  explicit Replica(const std::string& topic)
      : pool({.uri = DatabaseUri(), .min_connections = 1, .max_connections = 1}),
        feed(kafka::TestCluster(), published, metrics, "catalog", topic),
        log(producer, feed, topic),
        publisher(store, log, published,
                  {.prior_ratings = 25,
                   .look_every = milliseconds(20),
                   .turn_every = milliseconds(50),
                   .counts_every = milliseconds(100)},
                  SystemClock(), metrics) {}
  bool publishing() const {
    return metrics.Text().find("\nmarquee_catalog_movies_publishing 1") != std::string::npos;
  }

  metrics::Metrics metrics;
  pg::Pool pool;
  PgPublicationStore store{pool};
  kafka::Producer producer{{.cluster = kafka::TestCluster()}};
  PublishedMovies published;
  movies::MovieFeed feed;
  KafkaMovieLog log;
  MoviePublisher publisher;
};

// A follower, as other services have one.
class Follower final : public movies::MovieSink {
 public:
  void Begin() override {
    const std::lock_guard lock(mutex_);
    ++logs_;
    movies_.clear();
    totals_.reset();
  }
  int logs() const {
    const std::lock_guard lock(mutex_);
    return logs_;
  }
  void Put(const movies::MovieRecord& movie, std::string_view) override {
    const std::lock_guard lock(mutex_);
    movies_[movie.movie_id] = movie;
  }
  void Remove(std::int64_t movie_id) override {
    const std::lock_guard lock(mutex_);
    movies_.erase(movie_id);
  }
  void Complete(const movies::Totals& totals) override {
    const std::lock_guard lock(mutex_);
    totals_ = totals;
  }
  std::map<std::int64_t, movies::MovieRecord> movies() const {
    const std::lock_guard lock(mutex_);
    return movies_;
  }
  std::optional<movies::Totals> totals() const {
    const std::lock_guard lock(mutex_);
    return totals_;
  }

 private:
  mutable std::mutex mutex_;
  int logs_ = 0;
  std::map<std::int64_t, movies::MovieRecord> movies_;
  std::optional<movies::Totals> totals_;
};

class MoviePublisherIntegrationTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!HasPostgres() || !config::SystemEnvironment().Get("MARQUEE_TEST_KAFKA_BROKERS")) {
      GTEST_SKIP() << "needs MARQUEE_TEST_POSTGRES_URI and MARQUEE_TEST_KAFKA_BROKERS";
    }
    EmptyDatabase();
    pool_.emplace(pg::PoolConfig{.uri = DatabaseUri(), .max_connections = 4});
    movies_.emplace(*pool_, 25);
    topic_ = kafka::MakeTestTopic(1);
    feed_.emplace(kafka::TestCluster(), follower_, metrics_, "follower", topic_);
  }
  void Import(std::int64_t first, std::int64_t last) {
    std::vector<Movie> movies;
    for (auto id = first; id <= last; ++id)
      movies.push_back({.id = id, .title = "Movie " + std::to_string(id), .genres = {"Drama"}});
    ASSERT_TRUE(movies_->Import(movies, Soon()).ok());
  }
  void Rate(std::int64_t user, std::int64_t movie, float value) {
    const ratings::RatingChange change{.event_id = Uuid::V7(SystemClock().Now()),
                                       .user_id = user,
                                       .movie_id = movie,
                                       .value = value,
                                       .occurred_at_us = 1'700'000'000'000'000};
    ASSERT_TRUE(pool_
                    ->Run([&](pg::Transaction& tx) -> Status {
                      tx.exec(
                          "INSERT INTO consumer_offsets (topic, partition, next_offset) VALUES"
                          " ('r', 0, 1) ON CONFLICT (topic, partition) DO UPDATE SET"
                          " next_offset = consumer_offsets.next_offset + 1");
                      return ApplyRatingBatch(tx, {&change, 1});
                    })
                    .ok());
  }
  static bool Eventually(const std::function<bool()>& condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(milliseconds(10));
    }
    return true;
  }
  bool Says(std::int64_t id, const std::string& title) const {
    const auto movies = follower_.movies();
    return movies.contains(id) && movies.at(id).title == title;
  }

  std::optional<pg::Pool> pool_;
  std::optional<PgMovieRepository> movies_;
  std::string topic_;
  metrics::Metrics metrics_;
  Follower follower_;
  std::optional<movies::MovieFeed> feed_;
};

TEST_F(MoviePublisherIntegrationTest, FollowersKnowWhatWasThereAndEachChange) {
  Import(1, 2'500);
  ExecuteInDatabase("TRUNCATE movie_outbox");  // a suite of before there was an outbox
  const Replica replica(topic_);
  ASSERT_TRUE(Eventually([&] { return follower_.totals().has_value(); }));
  ASSERT_EQ(follower_.movies().size(), 2'500U);
  EXPECT_EQ(follower_.movies().at(7).genres, std::vector<std::string>{"Drama"});

  const auto created = movies_->Create({.title = "Brand New", .year = 2026}, {}, Soon()).value();
  EXPECT_TRUE(Eventually([&] { return Says(created.movie.id, "Brand New"); }));
  MoviePatch patch;
  patch.genres = {"Crime", "War"};
  ASSERT_TRUE(movies_->Update(1, patch, Soon()).ok());
  EXPECT_TRUE(Eventually([&] {
    return follower_.movies().at(1).genres == std::vector<std::string>{"Crime", "War"};
  }));
  ASSERT_TRUE(movies_->Delete(2, Soon()).ok());
  EXPECT_TRUE(Eventually([&] { return !follower_.movies().contains(2); }));
  // By hand, without our code.
  ExecuteInDatabase("UPDATE movies SET title = 'By Hand' WHERE movie_id = 3");
  EXPECT_TRUE(Eventually([&] { return Says(3, "By Hand"); }));

  Rate(7, 3, 4.5F);
  Rate(8, 3, 1.0F);
  EXPECT_TRUE(Eventually([&] { return follower_.totals()->rating_count == 2; }));
  EXPECT_EQ(follower_.movies().at(3).rating_count, 2);
  EXPECT_EQ(follower_.movies().at(3).half_stars, 11);
}

TEST_F(MoviePublisherIntegrationTest, ARolledBackChangeIsNone) {
  const Replica replica(topic_);
  ASSERT_TRUE(Eventually([&] { return follower_.totals().has_value(); }));
  const auto status = pool_->Run([](pg::Transaction& tx) -> Status {
    tx.exec(
        "INSERT INTO movies (movie_id, title, year, imdb_id, tmdb_id)"
        " VALUES (9, 'Never', 0, '', 0)");
    return Error::Aborted("no", "");
  });
  ASSERT_FALSE(status.ok());
  Import(10, 10);
  ASSERT_TRUE(Eventually([&] { return follower_.movies().contains(10); }));
  EXPECT_FALSE(follower_.movies().contains(9));
}

TEST_F(MoviePublisherIntegrationTest, OneReplicaPublishesAndAnotherTakesItsTurn) {
  std::optional<Replica> first(std::in_place, topic_);
  ASSERT_TRUE(Eventually([&] { return first->publishing(); }));
  Replica second(topic_);
  Import(1, 1);
  ASSERT_TRUE(Eventually([&] { return Says(1, "Movie 1"); }));
  EXPECT_FALSE(second.publishing());
  first.reset();
  ASSERT_TRUE(Eventually([&] { return second.publishing(); }));
  Import(2, 2);
  EXPECT_TRUE(Eventually([&] { return Says(2, "Movie 2"); }));
  // Its session is cut: it, or anybody, goes on.
  KillConnections();
  Import(3, 3);
  EXPECT_TRUE(Eventually([&] { return Says(3, "Movie 3"); }));
}

TEST_F(MoviePublisherIntegrationTest, FillsATopicThatWasMadeAnewAndTakesBackWhatARestoreLost) {
  Import(1, 3);
  std::optional<Replica> replica(std::in_place, topic_);
  ASSERT_TRUE(Eventually([&] { return follower_.totals().has_value(); }));
  kafka::RemakeTestTopic(topic_, 1);
  ASSERT_TRUE(Eventually([&] { return follower_.logs() == 2; })) << "the follower notices";
  ASSERT_TRUE(Eventually([&] { return follower_.totals().has_value(); }));
  EXPECT_EQ(follower_.movies().size(), 3U);
  // The database is restored to a state from before movie 3.
  replica.reset();
  ExecuteInDatabase("DELETE FROM movies WHERE movie_id = 3; TRUNCATE movie_outbox");
  replica.emplace(topic_);
  EXPECT_TRUE(Eventually([&] { return !follower_.movies().contains(3); }));
}

}  // namespace
}  // namespace marquee::catalog
