#include "catalog/app/movie_publisher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <thread>

namespace marquee::catalog {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

// A catalogue in memory, with its outbox. `other` is another process that took the turn.
class FakeStore final : public PublicationStore {
 public:
  Result<std::int64_t> Turn(const CallContext&) override {
    const std::int64_t mine = other_has_turn ? 0 : turn;
    ++asked;
    return mine;
  }
  Result<std::vector<MovieChange>> Changes(int limit, const CallContext&) override {
    if (down) return Error::Unavailable("database_unavailable", "");
    const auto count = std::min<std::size_t>(static_cast<std::size_t>(limit), outbox.size());
    return std::vector(outbox.begin(), outbox.begin() + static_cast<std::ptrdiff_t>(count));
  }
  Status Settle(std::int64_t of, std::span<const MovieChange> changes,
                const CallContext&) override {
    if (before_settling) before_settling();
    if (down) return Error::Unavailable("database_unavailable", "");
    if (of != turn) return Error::Aborted("turn_lost", "");
    std::erase_if(outbox, [&](const MovieChange& one) {
      return std::ranges::any_of(
          changes, [&](const MovieChange& done) { return done.change_id == one.change_id; });
    });
    return {};
  }
  Status Mark(std::span<const std::int64_t> movie_ids, const CallContext&) override {
    if (down) return Error::Unavailable("database_unavailable", "");
    for (const std::int64_t id : movie_ids) outbox.push_back({++changes, id});
    return {};
  }
  Result<std::vector<movies::MovieRecord>> Read(std::span<const std::int64_t> movie_ids,
                                                const CallContext&) override {
    std::vector<movies::MovieRecord> records;
    for (const std::int64_t id : movie_ids) {
      if (movies.contains(id)) records.push_back(movies.at(id));
    }
    return records;
  }
  Result<std::vector<std::int64_t>> MovieIds(const CallContext&) override {
    std::vector<std::int64_t> ids;
    for (const auto& [id, movie] : movies) ids.push_back(id);
    return ids;
  }
  Result<std::vector<MovieCount>> Counts(const CallContext&) override {
    ++counted;
    std::vector<MovieCount> counts;
    for (const auto& [id, movie] : movies)
      counts.push_back({id, movie.rating_count, movie.half_stars});
    return counts;
  }
  Result<movies::Totals> Totals(const CallContext&) override {
    movies::Totals totals;
    for (const auto& [id, movie] : movies) {
      totals.rating_count += movie.rating_count;
      totals.half_stars += movie.half_stars;
    }
    return totals;
  }
  Result<std::string> RatingsApplied(const CallContext&) override {
    return std::to_string(ratings);
  }

  void Put(std::int64_t id, const std::string& title) {
    movies[id].movie_id = id;
    movies[id].title = title;
    outbox.push_back({++changes, id});
  }
  void Remove(std::int64_t id) {
    movies.erase(id);
    outbox.push_back({++changes, id});
  }
  void Rate(std::int64_t id, std::int64_t half_stars) {
    ++movies[id].rating_count;
    movies[id].half_stars += half_stars;
    ++ratings;
  }

  std::atomic<int> asked = 0;
  std::map<std::int64_t, movies::MovieRecord> movies;
  std::vector<MovieChange> outbox;
  std::function<void()> before_settling;
  std::int64_t turn = 1;
  std::int64_t changes = 0;
  int ratings = 0;
  int counted = 0;
  bool other_has_turn = false;
  bool down = false;
};

// A log whose records its reader has at once.
class FakeLog final : public MovieLog {
 public:
  explicit FakeLog(PublishedMovies& reader) : reader_(reader) { reader_.Begin(); }
  Status Append(std::span<const LogEntry> entries) override {
    if (down) return Error::Unavailable("kafka_unavailable", "");
    for (const auto& entry : entries) {
      written.push_back(entry.key + (entry.value ? "" : " gone"));
      if (entry.key == movies::kCatalogueKey) {
        reader_.Complete(movies::DecodeTotals(*entry.value).value());
      } else if (const auto id = movies::DecodeKey(entry.key).value(); entry.value) {
        reader_.Put(movies::DecodeMovie(id, *entry.value).value(), *entry.value);
      } else {
        reader_.Remove(id);
      }
    }
    return {};
  }
  Status ReadToEnd(const CallContext&) override {
    if (down) return Error::Unavailable("kafka_unavailable", "");
    return {};
  }
  // Kafka has another, empty one by that name.
  void Remake() { reader_.Begin(); }
  std::vector<std::string> Written() { return std::exchange(written, {}); }

  std::vector<std::string> written;
  bool down = false;

 private:
  PublishedMovies& reader_;
};

class MoviePublisherTest : public testing::Test {
 protected:
  // The task's own first step is made at once, of a store that another process publishes.
  MoviePublisherTest() {
    store.other_has_turn = true;
    publisher.emplace(store, log, published,
                      MoviePublisher::Options{.prior_ratings = 25,
                                              .look_every = hours(1),
                                              .turn_every = hours(1),
                                              .counts_every = milliseconds(5'000)},
                      clock, metrics);
    while (store.asked < 1) std::this_thread::yield();
    publisher->StepNow();  // waits for the end of the first
    store.other_has_turn = false;
  }
  std::vector<std::string> Step() {
    publisher->StepNow();
    return log.Written();
  }
  using Keys = std::vector<std::string>;

  FakeStore store;
  PublishedMovies published;
  FakeLog log{published};
  ManualClock clock;
  metrics::Metrics metrics;
  std::optional<MoviePublisher> publisher;
};

TEST_F(MoviePublisherTest, BeginsWithAllThatThereIsAndSaysWhenThatIsAll) {
  store.movies[1] = {.movie_id = 1, .title = "One"};
  store.movies[2] = {.movie_id = 2, .title = "Two"};
  EXPECT_EQ(Step(), (Keys{"1", "2", "catalogue"}));
  EXPECT_EQ(published.totals()->prior_ratings, 25);
  EXPECT_EQ(Step(), Keys{}) << "nothing has changed";
}

TEST_F(MoviePublisherTest, SaysThatAnEmptyCatalogueIsAll) { EXPECT_EQ(Step(), Keys{"catalogue"}); }

TEST_F(MoviePublisherTest, SendsWhatChangedOnceAndForgetsIt) {
  Step();
  store.Put(1, "One");
  store.Put(2, "Two");
  store.Put(1, "One, again");
  EXPECT_EQ(Step(), (Keys{"1", "2"}));
  EXPECT_TRUE(store.outbox.empty());
  store.Remove(1);
  EXPECT_EQ(Step(), Keys{"1 gone"});
  EXPECT_EQ(Step(), Keys{});
}

TEST_F(MoviePublisherTest, ComparesWithTheLogAtItsTurn) {
  store.Put(1, "One");
  store.Put(2, "Two");
  Step();
  // Another process had the turn; the database was restored to a state of before.
  store.turn = 2;
  store.movies.erase(2);
  store.movies[1].title = "Once";
  EXPECT_EQ(Step(), (Keys{"1", "2 gone"}));
  store.turn = 3;
  EXPECT_EQ(Step(), Keys{}) << "the log says what is true";
}

TEST_F(MoviePublisherTest, FillsAnotherLogAnew) {
  store.Put(1, "One");
  Step();
  log.Remake();
  EXPECT_EQ(Step(), (Keys{"1", "catalogue"}));
}

TEST_F(MoviePublisherTest, KeepsItsPeaceWhileAnotherProcessHasTheTurn) {
  store.other_has_turn = true;
  store.Put(1, "One");
  EXPECT_EQ(Step(), Keys{});
  EXPECT_EQ(store.outbox.size(), 1U);
}

TEST_F(MoviePublisherTest, ChangesWaitWhileKafkaOrTheDatabaseIsAway) {
  Step();
  store.Put(1, "One");
  log.down = true;
  for (int attempt = 0; attempt < 3; ++attempt) {
    EXPECT_EQ(Step(), Keys{});
    EXPECT_EQ(store.outbox.size(), 1U) << "it waits, and doesn't multiply";
  }
  log.down = false;
  store.down = true;
  EXPECT_EQ(Step(), Keys{});
  store.down = false;
  EXPECT_EQ(Step(), Keys{"1"});
  EXPECT_TRUE(store.outbox.empty());
  EXPECT_NE(metrics.Text().find("movies_publish_failures_total 4"), std::string::npos);
}

TEST_F(MoviePublisherTest, WhatWasSentAfterTheTurnWasLostIsSentAgainByWhoeverHasIt) {
  Step();
  store.Put(1, "One");
  store.before_settling = [&] {
    // Meanwhile another process sent a newer title and settled; then this one's arrived behind it.
    store.movies[1].title = "Newer";
    store.outbox.clear();
    ++store.turn;
    store.other_has_turn = true;
    store.before_settling = nullptr;
  };
  EXPECT_EQ(Step(), Keys{"1"});
  EXPECT_TRUE(published.Says(1, movies::Encode({.movie_id = 1, .title = "One"})));
  EXPECT_EQ(Step(), Keys{});
  ASSERT_EQ(store.outbox.size(), 1U) << "the other process is told";
  EXPECT_EQ(store.outbox[0].movie_id, 1);
}

TEST_F(MoviePublisherTest, TellsTheCountsNowAndThenAndOnlyThoseThatChanged) {
  store.Put(1, "One");
  store.Put(2, "Two");
  Step();
  store.Rate(2, 9);
  EXPECT_EQ(Step(), Keys{}) << "not at once";
  clock.Advance(milliseconds(5'000));
  EXPECT_EQ(Step(), (Keys{"2", "catalogue"}));
  EXPECT_EQ(published.totals()->half_stars, 9);
  const int counted = store.counted;
  clock.Advance(milliseconds(5'000));
  EXPECT_EQ(Step(), Keys{});
  EXPECT_EQ(store.counted, counted) << "no rating came: nothing to compare";
}

}  // namespace
}  // namespace marquee::catalog
