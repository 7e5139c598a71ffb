#include "recommender/app/histories.h"

#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "recommender/testing/fixtures.h"

namespace marquee::recommender {
namespace {

using namespace std::chrono_literals;
using ratings::RatingChange;
using ratings::Source;
using testing_::FakeLog;
using testing_::FakeSource;
using Ratings = std::vector<Rated>;

constexpr std::int64_t kUser = 7;
constexpr std::int32_t kPartition = 3;

class HistoriesTest : public testing::Test {
 protected:
  HistoriesTest()
      : store_({.max_bytes = 1 << 20, .events_kept = 4, .max_age = 1h}, SystemClock()) {}

  Histories Make(FakeSource& source, Histories::Options options = {}) {
    return Histories(store_, source, log_, options, SystemClock(), metrics_);
  }
  static CallContext Asking(std::span<const LogPosition> positions = {},
                            std::chrono::milliseconds patience = 10s) {
    return testing_::CallOf(kUser, positions, patience);
  }
  void Write(std::int64_t offset, std::int64_t movie, float value, Source source = Source::kLive) {
    const RatingChange change{.event_id = Uuid::V7(SystemClock().Now()),
                              .user_id = kUser,
                              .movie_id = movie,
                              .value = value,
                              .occurred_at_us = 1,
                              .source = source};
    store_.Apply(At(offset + 1), &change);
    log_.Set(kPartition, offset + 1);
  }
  // A place in the log of these tests; `log` tells one from another.
  static LogPosition At(std::int64_t next, std::uint64_t log = 1) {
    return {kPartition, next, log * 1'000'000 + static_cast<std::uint64_t>(next)};
  }
  static Result<StoredHistory> Empty(const CallContext&) {
    return StoredHistory{.position = {kPartition, 10, 0}, .ratings = {}};
  }

  metrics::Metrics metrics_;
  HistoryStore store_;
  FakeLog log_;
};

TEST_F(HistoriesTest, ReadsOnceForRequestsAtTheSameTime) {
  constexpr int kRequests = 8;
  log_.Set(kPartition, 10);
  std::latch begun(kRequests);
  FakeSource source([&](const CallContext&) -> Result<StoredHistory> {
    begun.wait();  // until everybody asks
    return StoredHistory{.position = {kPartition, 10, 0}, .ratings = {{1, 4.0F}}};
  });
  auto histories = Make(source);
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int at = 0; at < kRequests; ++at) {
    threads.emplace_back([&] {
      begun.count_down();
      const auto ratings = histories.Of(Asking());
      if (ratings.ok() && *ratings == Ratings{{1, 4.0F}}) ++right;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, kRequests);
  EXPECT_EQ(source.reads(), 1);
}

TEST_F(HistoriesTest, WaitsUntilTheCallersWriteIsRead) {
  log_.Set(kPartition, 10);
  FakeSource source(Empty);
  auto histories = Make(source);
  ASSERT_TRUE(histories.Of(Asking()).ok());
  std::thread consumer([&] {
    log_.AwaitWaiters(1);
    Write(10, 1, 5.0F);
  });
  const LogPosition written[] = {At(11)};
  const auto ratings = histories.Of(Asking(written));
  consumer.join();
  ASSERT_TRUE(ratings.ok());
  EXPECT_EQ(*ratings, (Ratings{{1, 5.0F}}));
}

TEST_F(HistoriesTest, AMissHoldsTheCallersWriteThoughTheDatabaseDoesNot) {
  log_.Set(kPartition, 10);
  store_.Follow({kPartition, 10, 0});
  Write(10, 1, 5.0F);
  FakeSource source(Empty);  // as of offset 10
  auto histories = Make(source);
  const LogPosition written[] = {At(11)};
  const auto ratings = histories.Of(Asking(written));
  ASSERT_TRUE(ratings.ok());
  EXPECT_EQ(*ratings, (Ratings{{1, 5.0F}}));
  EXPECT_TRUE(source.last_positions().empty()) << "the database needn't wait";
}

TEST_F(HistoriesTest, ServesWhatIsKnownWhenTheWriteDoesNotCome) {
  log_.Set(kPartition, 10);
  FakeSource source(Empty);
  auto histories = Make(source, {.read_wait = 1ms, .fill_timeout = 1s});
  const LogPosition written[] = {At(11)};
  const auto missed = histories.Of(Asking(written));
  EXPECT_TRUE(missed.ok());
  ASSERT_EQ(source.last_positions().size(), 1U) << "the database may be ahead of the live events";
  EXPECT_EQ(source.last_positions()[0].next_offset, 11);
  EXPECT_TRUE(histories.Of(Asking(written)).ok());
  EXPECT_EQ(source.reads(), 1);
  EXPECT_NE(metrics_.Text().find("position_waits_total{outcome=\"timed_out\"} 2"),
            std::string::npos);
}

TEST_F(HistoriesTest, LetsOnlySoManyWait) {
  log_.Set(kPartition, 10);
  FakeSource source(Empty);
  auto histories = Make(source, {.read_wait = 1h, .fill_timeout = 1s, .most_waiting = 1});
  const LogPosition written[] = {At(11)};
  std::thread first([&] { EXPECT_TRUE(histories.Of(Asking(written, 1h)).ok()); });
  log_.AwaitWaiters(1);
  EXPECT_TRUE(histories.Of(Asking(written, 1h)).ok());  // at once, though the log stands still
  log_.Set(kPartition, 11);
  first.join();
}

TEST_F(HistoriesTest, AsksTheDatabaseToWaitWhileTheLogIsNotRead) {
  FakeSource source(Empty);
  auto histories = Make(source, {.read_wait = 1h, .fill_timeout = 1s});
  const LogPosition written[] = {At(11)};
  EXPECT_TRUE(histories.Of(Asking(written)).ok());  // at once: nobody will move the log
  ASSERT_EQ(source.last_positions().size(), 1U);
  EXPECT_TRUE(histories.Of(Asking(written)).ok());
  EXPECT_EQ(source.reads(), 2) << "what can't be followed isn't kept";
}

TEST_F(HistoriesTest, IgnoresPositionsOfPartitionsThatAreNot) {
  log_.Set(kPartition, 10);
  FakeSource source(Empty);
  auto histories = Make(source, {.read_wait = 1h, .fill_timeout = 1s});
  const LogPosition other[] = {{8, 5, 1}};
  EXPECT_TRUE(histories.Of(Asking(other)).ok());
}

TEST_F(HistoriesTest, RefusesAPlaceBeyondTheLogAndIgnoresOneInAnotherLog) {
  log_.Set(kPartition, 10);
  log_.SetEnd(kPartition, 10);
  FakeSource source(Empty);
  auto histories = Make(source, {.read_wait = 1h, .fill_timeout = 1s});
  for (const LogPosition& beyond : {LogPosition{kPartition, 11, 0}, LogPosition{8, 5, 0}}) {
    const auto refused = histories.Of(Asking({&beyond, 1}));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().reason, "position_beyond_log");
    EXPECT_EQ(refused.error().field, "Marquee-Position");
  }
  const LogPosition old[] = {At(1'000, /*log=*/7)};
  EXPECT_TRUE(histories.Of(Asking(old)).ok());
  EXPECT_TRUE(source.last_positions().empty()) << "nobody need wait for it, the database neither";
}

TEST_F(HistoriesTest, WaitsForTheEventsThatTheDatabaseHasAlready) {
  store_.Follow(At(10));
  log_.Set(kPartition, 10);
  FakeSource source([](const CallContext&) -> Result<StoredHistory> {
    return StoredHistory{.position = At(11), .ratings = {{1, 5.0F}}};
  });
  auto histories = Make(source);
  std::thread consumer([&] {
    log_.AwaitWaiters(1);
    Write(10, 1, 5.0F);
  });
  const auto ratings = histories.Of(Asking());
  consumer.join();
  ASSERT_TRUE(ratings.ok());
  EXPECT_EQ(*ratings, (Ratings{{1, 5.0F}}));
  EXPECT_EQ(source.reads(), 1);
  EXPECT_TRUE(store_.Find(kUser));
}

// The topic was made anew: the database has come to 1,000 in the log that is gone, the live events
// are those of the new one.
TEST_F(HistoriesTest, PutsAnotherLogsEventsOnTopOfADatabaseThatHasNotNoticed) {
  store_.Follow(At(1'000, 7));
  store_.FollowAnother(At(0));
  log_.SetEnd(kPartition, 2);
  FakeSource source([](const CallContext&) -> Result<StoredHistory> {
    return StoredHistory{.position = At(1'000, 7), .ratings = {{1, 5.0F}, {2, 1.0F}}};
  });
  auto histories = Make(source, {.read_wait = 1h, .fill_timeout = 1h});
  Write(0, 3, 4.0F);
  Write(1, 2, 3.0F);
  const LogPosition written[] = {At(2)};
  const auto ratings = histories.Of(Asking(written));
  ASSERT_TRUE(ratings.ok());
  EXPECT_EQ(*ratings, (Ratings{{1, 5.0F}, {2, 3.0F}, {3, 4.0F}}));
  Write(2, 4, 2.0F);
  EXPECT_EQ(store_.Find(kUser)->size(), 4U) << "what comes after is taken in";
}

// As before, but the new log is as long as the old one was: only the records tell them apart.
TEST_F(HistoriesTest, ReadsAgainUntilTheDatabaseHasNoticedTheOtherLog) {
  store_.FollowAnother(At(0));
  for (int offset = 0; offset < 4; ++offset) Write(offset, 10 + offset, 3.0F);
  std::atomic<int> reads = 0;
  FakeSource source([&](const CallContext&) -> Result<StoredHistory> {
    if (++reads < 3) return StoredHistory{.position = At(2, 7), .ratings = {{1, 5.0F}}};
    return StoredHistory{.position = At(1), .ratings = {{1, 5.0F}, {10, 3.0F}}};
  });
  auto histories = Make(source, {.read_wait = 1h, .fill_timeout = 1h});
  const auto ratings = histories.Of(Asking());
  ASSERT_TRUE(ratings.ok());
  EXPECT_EQ(*ratings, (Ratings{{1, 5.0F}, {10, 3.0F}, {11, 3.0F}, {12, 3.0F}, {13, 3.0F}}));
  EXPECT_EQ(reads, 3);
  EXPECT_TRUE(store_.Find(kUser));
}

TEST_F(HistoriesTest, ServesTheBestThatIsKnownWhenTheDatabaseDoesNotNotice) {
  store_.FollowAnother(At(0));
  for (int offset = 0; offset < 4; ++offset) Write(offset, 10 + offset, 3.0F);
  FakeSource source([](const CallContext&) -> Result<StoredHistory> {
    return StoredHistory{.position = At(2, 7), .ratings = {{1, 5.0F}}};
  });
  auto histories = Make(source, {.read_wait = 1ms, .fill_timeout = 1h});
  const auto ratings = histories.Of(Asking());
  ASSERT_TRUE(ratings.ok());
  EXPECT_EQ(ratings->size(), 5U);
  EXPECT_FALSE(store_.Find(kUser));
}

TEST_F(HistoriesTest, ReadsAgainFromADatabaseThatHasCaughtUp) {
  store_.Follow({kPartition, 10, 0});
  for (int offset = 10; offset < 20; ++offset) Write(offset, offset, 3.0F);  // 10 to 15 are gone
  FakeSource source([](const CallContext& call) -> Result<StoredHistory> {
    const auto offset = call.positions.empty() ? 12 : call.positions[0].at.next_offset;
    StoredHistory history{.position = At(offset), .ratings = {}};
    for (auto at = std::int64_t{10}; at < offset; ++at) history.ratings.push_back({at, 3.0F});
    return history;
  });
  auto histories = Make(source);
  const auto ratings = histories.Of(Asking());
  ASSERT_TRUE(ratings.ok());
  EXPECT_EQ(ratings->size(), 10U);
  EXPECT_EQ(source.reads(), 2);
  EXPECT_TRUE(store_.Find(kUser));
}

TEST_F(HistoriesTest, ServesTheBestThatIsKnownWhenTheDatabaseCannotCatchUp) {
  store_.Follow({kPartition, 10, 0});
  for (int offset = 10; offset < 20; ++offset) Write(offset, offset, 3.0F);
  FakeSource source([](const CallContext& call) -> Result<StoredHistory> {
    if (!call.positions.empty()) return Error::DeadlineExceeded("position_not_reached", "late");
    return StoredHistory{.position = {kPartition, 10, 0}, .ratings = {}};
  });
  auto histories = Make(source);
  const auto ratings = histories.Of(Asking());
  ASSERT_TRUE(ratings.ok());
  EXPECT_EQ(ratings->size(), 4U);  // what the kept events say
  EXPECT_FALSE(store_.Find(kUser));
}

TEST_F(HistoriesTest, AFailureIsToldAndNotKept) {
  log_.Set(kPartition, 10);
  bool down = true;
  FakeSource source([&](const CallContext& call) -> Result<StoredHistory> {
    if (down) return Error::Unavailable("ratings_down", "down");
    return Empty(call);
  });
  auto histories = Make(source);
  const auto failed = histories.Of(Asking());
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, Code::kUnavailable);
  down = false;
  EXPECT_TRUE(histories.Of(Asking()).ok());
}

TEST_F(HistoriesTest, AWaitingRequestKeepsItsOwnDeadline) {
  log_.Set(kPartition, 10);
  std::latch entered(1);
  std::latch release(1);
  FakeSource source([&](const CallContext& call) -> Result<StoredHistory> {
    entered.count_down();
    release.wait();
    return Empty(call);
  });
  auto histories = Make(source);
  std::thread leader([&] { EXPECT_TRUE(histories.Of(Asking()).ok()); });
  entered.wait();
  const auto impatient = histories.Of(Asking({}, 5ms));
  release.count_down();
  leader.join();
  ASSERT_FALSE(impatient.ok());
  EXPECT_EQ(impatient.error().code, Code::kDeadlineExceeded);
}

}  // namespace
}  // namespace marquee::recommender
