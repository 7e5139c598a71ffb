// The use cases against fakes of their ports.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <set>
#include <thread>

#include "base/page_token.h"
#include "base/testing/calls.h"
#include "rating-ingest/app/applied_positions.h"
#include "rating-ingest/app/bulk_ingest.h"
#include "rating-ingest/app/known_movies.h"
#include "rating-ingest/app/rating_export.h"
#include "rating-ingest/app/rating_intake.h"
#include "rating-ingest/app/rating_queries.h"

namespace marquee::rating_ingest {
namespace {

CallContext Soon() { return CallContext(SystemClock().Now() + std::chrono::seconds(10)); }

// Acknowledges at once unless told to hold acknowledgements back or to fail.
class FakeLog final : public RatingLog, public InteractionLog {
 public:
  Result<LogPosition> Append(const RatingChange& change, const CallContext&) override {
    if (failure) return *failure;
    changes.push_back(change);
    return LogPosition{static_cast<std::int32_t>(change.user_id % 4),
                       static_cast<std::int64_t>(changes.size()), 1};
  }
  void AppendAsync(const RatingChange& change, Acknowledged acknowledged) override {
    if (refusals > 0) {
      --refusals;
      return acknowledged(Error::Unavailable("kafka_queue_full", ""));
    }
    auto result = Append(change, kNoDeadline);
    if (hold)
      held.emplace_back(std::move(acknowledged), std::move(result));
    else
      acknowledged(std::move(result));
  }
  void ReleaseHeld() {
    for (auto& [acknowledged, result] : held) acknowledged(std::move(result));
    held.clear();
  }
  Result<std::int32_t> PartitionOf(std::int64_t user_id, const CallContext&) override {
    return static_cast<std::int32_t>(user_id % 4);
  }
  Result<Offsets> EndOffsets(const CallContext&) override { return ends; }
  Result<std::int64_t> EndOffset(std::int32_t partition, const CallContext&) override {
    ++asked_for_end;
    if (!ends.contains(partition)) return Error::NotFound("partition_unknown", "");
    return ends.at(partition);
  }
  Status AppendInteractions(std::int64_t, const std::vector<Interaction>&,
                            const std::vector<Uuid>& ids, const CallContext&) override {
    interaction_ids.insert(interaction_ids.end(), ids.begin(), ids.end());
    return {};
  }
  std::vector<RatingChange> changes;
  std::vector<Uuid> interaction_ids;
  std::optional<Error> failure;
  int refusals = 0;
  bool hold = false;
  Offsets ends{{0, 10}, {1, 5}, {2, 5}};
  std::atomic<int> asked_for_end{0};
  std::deque<std::pair<Acknowledged, Result<LogPosition>>> held;
};

class FakeCatalog final : public MovieCatalog {
 public:
  Result<bool> Exists(std::int64_t movie_id, const CallContext&) override {
    ++asked;
    if (down) return Error::Unavailable("catalog_unavailable", "");
    return movies.contains(movie_id);
  }
  int asked = 0;
  std::set<std::int64_t> movies{1, 2, 3};
  bool down = false;
};

class FakeReader final : public RatingReader {
 public:
  Result<std::optional<Rating>> Find(std::int64_t, std::int64_t movie_id,
                                     const CallContext&) override {
    for (const auto& rating : ratings) {
      if (rating.movie_id == movie_id) return std::optional(rating);
    }
    return std::optional<Rating>();
  }
  Result<RatingPage> List(std::int64_t, std::optional<RatingKey> after, int limit,
                          const CallContext&) override {
    RatingPage page;
    for (const auto& rating : ratings) {
      if (after && std::pair(rating.rated_at_us, rating.movie_id) >=
                       std::pair(after->rated_at_us, after->movie_id)) {
        continue;
      }
      if (static_cast<int>(page.ratings.size()) == limit) {
        page.next = RatingKey{page.ratings.back().rated_at_us, page.ratings.back().movie_id};
        break;
      }
      page.ratings.push_back(rating);
    }
    return page;
  }
  Result<std::vector<KeptRating>> ListKept(std::int64_t, std::int64_t after, int limit,
                                           const CallContext&) override {
    std::vector<KeptRating> page;
    for (const auto& one : kept) {
      if (one.movie_id > after && static_cast<int>(page.size()) < limit) page.push_back(one);
    }
    return page;
  }
  Result<History> ReadHistory(std::int64_t, std::int32_t partition, int,
                              const CallContext&) override {
    return History{.ratings = ratings, .position = {partition, 7, 0}};
  }
  Result<ExportSummary> Export(int, const CallContext&,
                               const std::function<Status(ExportChunk)>&) override {
    return ExportSummary{};
  }
  Result<ratings::StoredPositions> Positions(const CallContext&) override {
    ++asked;
    return positions;
  }
  Result<Counts> Count(const CallContext&) override { return Counts{3, 1}; }
  std::vector<Rating> ratings;   // the latest first
  std::vector<KeptRating> kept;  // by movie
  ratings::StoredPositions positions;
  std::atomic<int> asked{0};
};

class IntakeTest : public testing::Test {
 protected:
  FakeLog log;
  FakeCatalog catalog;
  ManualClock clock;
  const Uuid operation = Uuid::V7(clock.Now());
  RatingIntake intake{log, log, catalog, clock};
};

TEST_F(IntakeTest, PutsALiveEventWithTheTimeOfNow) {
  const auto accepted = intake.Put(7, 2, 4.5F, operation, Soon());
  ASSERT_TRUE(accepted.ok());
  ASSERT_EQ(log.changes.size(), 1U);
  EXPECT_EQ(log.changes[0].user_id, 7);
  EXPECT_EQ(log.changes[0].value, 4.5F);
  EXPECT_EQ(log.changes[0].source, ratings::Source::kLive);
  EXPECT_EQ(log.changes[0].occurred_at_us, 1'700'000'000'000'000);
  EXPECT_EQ(accepted->position.partition, 3);
}

TEST_F(IntakeTest, TheOperationIsTheEvent) {
  const Uuid again = Uuid::V7(clock.Now());
  ASSERT_TRUE(intake.Put(7, 2, 4.5F, again, Soon()).ok());
  ASSERT_TRUE(intake.Delete(7, 2, operation, Soon()).ok());
  EXPECT_EQ(log.changes[0].event_id, again);
  EXPECT_EQ(log.changes[1].event_id, operation);
}

TEST_F(IntakeTest, RefusesWhatIsNoRating) {
  EXPECT_EQ(intake.Put(7, 2, 4.4F, operation, Soon()).error().field, "value");
  EXPECT_EQ(intake.Put(7, 99, 4.5F, operation, Soon()).error().reason, "movie_unknown");
  EXPECT_TRUE(log.changes.empty());
}

TEST_F(IntakeTest, PretendsNothingWhenCatalogOrKafkaIsDown) {
  catalog.down = true;
  EXPECT_EQ(intake.Put(7, 2, 4.5F, operation, Soon()).error().code, Code::kUnavailable);
  catalog.down = false;
  log.failure = Error::Unavailable("kafka_unavailable", "");
  EXPECT_EQ(intake.Put(7, 2, 4.5F, operation, Soon()).error().reason, "kafka_unavailable");
  EXPECT_EQ(intake.Delete(7, 2, operation, Soon()).error().reason, "kafka_unavailable");
}

TEST_F(IntakeTest, TakesBackWithoutAskingTheCatalogue) {
  catalog.down = true;
  ASSERT_TRUE(intake.Delete(7, 99, operation, Soon()).ok());
  EXPECT_EQ(log.changes[0].value, std::nullopt);
}

TEST(KnownMovies, AsksNobodyAboutAMovieThatItKnows) {
  FakeCatalog catalog;
  catalog.down = true;
  metrics::Metrics metrics;
  KnownMovies known(catalog, metrics);
  known.Begin();
  known.Put({.movie_id = 7}, "");
  EXPECT_TRUE(known.Exists(7, Soon()).value()) << "at once, not when all have come";
  known.Complete({});
  known.Put({.movie_id = 8}, "");
  EXPECT_TRUE(known.Exists(8, Soon()).value());
  EXPECT_EQ(catalog.asked, 0);
  known.Remove(8);
  EXPECT_FALSE(known.Exists(8, Soon()).ok());
}

TEST(KnownMovies, AsksTheCatalogueAboutOneThatMayJustHaveBeenCreated) {
  FakeCatalog catalog;
  metrics::Metrics metrics;
  KnownMovies known(catalog, metrics);
  EXPECT_TRUE(known.Exists(1, Soon()).value());
  EXPECT_FALSE(known.Exists(99, Soon()).value());
  catalog.down = true;
  EXPECT_EQ(known.Exists(1, Soon()).error().reason, "catalog_unavailable")
      << "nothing is remembered of what was asked";
  EXPECT_NE(metrics.Text().find("marquee_rating_ingest_movies_asked_total 3"), std::string::npos);
}

TEST(KnownMovies, KnowsWhatItKnewWhileAnotherLogIsRead) {
  FakeCatalog catalog;
  catalog.down = true;
  metrics::Metrics metrics;
  KnownMovies known(catalog, metrics);
  known.Begin();
  known.Put({.movie_id = 7}, "");
  known.Complete({});
  known.Begin();
  EXPECT_TRUE(known.Exists(7, Soon()).value());
  known.Complete({});
  EXPECT_FALSE(known.Exists(7, Soon()).ok());
}

TEST_F(IntakeTest, GivesEachInteractionAnIdOfItsOwn) {
  const std::vector<Interaction> two(2);
  ASSERT_TRUE(intake.Record(7, two, operation, Soon()).ok());
  ASSERT_TRUE(intake.Record(7, two, operation, Soon()).ok());
  EXPECT_NE(log.interaction_ids[0], log.interaction_ids[1]);
  EXPECT_EQ(log.interaction_ids[0], log.interaction_ids[2]);
}

struct Columns {
  std::vector<std::int64_t> users{1, 2, 3};
  std::vector<std::int64_t> movies{1, 2, 3};
  std::vector<float> values{0.5F, 5.0F, 3.5F};
  std::vector<std::int64_t> times{1, 2, 3};
  void Repeat(std::size_t rows) {
    users.assign(rows, 1);
    movies.assign(rows, 1);
    values.assign(rows, 1.0F);
    times.assign(rows, 1);
  }
  RatingColumns view() const { return {users, movies, values, times}; }
};

// What is left out of a chunk, as "row field".
std::vector<std::string> LeftOut(const Columns& columns) {
  FakeLog log;
  const ManualClock clock(Time(std::chrono::seconds(1'700'000'000)));
  BulkIngest ingest(log, clock);
  EXPECT_TRUE(ingest.Add(columns.view(), Soon()).ok());
  const auto summary = ingest.Finish(Soon()).value();
  EXPECT_EQ(summary.accepted + summary.rejected_count, 3);
  EXPECT_EQ(log.changes.size(), static_cast<std::size_t>(summary.accepted));
  std::vector<std::string> left_out;
  for (const auto& one : summary.rejected)
    left_out.push_back(std::to_string(one.row) + " " + one.error.field);
  return left_out;
}

TEST(BulkIngest, LeavesOutTheRowThatBreaksARuleAndTakesTheRest) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(LeftOut({}), Names{});
  EXPECT_EQ(LeftOut({.users = {1, 2, 1'000'000'000}}), Names{"2 user_id"});
  EXPECT_EQ(LeftOut({.users = {0, 2, 3}}), Names{"0 user_id"});
  EXPECT_EQ(LeftOut({.movies = {1, -1, 3}}), Names{"1 movie_id"});
  EXPECT_EQ(LeftOut({.movies = {1, 2, 1'000'000'000}}), Names{"2 movie_id"});
  EXPECT_EQ(LeftOut({.values = {0.5F, 0.7F, 3.0F}}), Names{"1 value"});
  EXPECT_EQ(LeftOut({.times = {1, 2, -3}}), Names{"2 rated_at"});
  EXPECT_EQ(LeftOut({.times = {1'800'000'000, 2, 1'800'000'000}}),
            (Names{"0 rated_at", "2 rated_at"}));
}

TEST(BulkIngest, CountsRowsOverTheWholeStreamAndListsTheFirstThatWereLeftOut) {
  FakeLog log;
  ManualClock clock;
  BulkIngest ingest(log, clock);
  ASSERT_TRUE(ingest.Add(Columns().view(), Soon()).ok());
  ASSERT_TRUE(ingest.Add(Columns{.values = {0.5F, 7.0F, 3.0F}}.view(), Soon()).ok());
  Columns bad;
  bad.users.assign(2'000, 1);
  bad.movies.assign(2'000, 1);
  bad.values.assign(2'000, 9.0F);
  bad.times.assign(2'000, 1);
  ASSERT_TRUE(ingest.Add(bad.view(), Soon()).ok());
  const auto summary = ingest.Finish(Soon()).value();
  EXPECT_EQ(summary.accepted, 5);
  EXPECT_EQ(summary.rejected_count, 2'001);
  ASSERT_EQ(summary.rejected.size(), BulkSummary::kMostListed);
  EXPECT_EQ(summary.rejected[0].row, 4);
  EXPECT_EQ(summary.rejected[0].error.reason, "rating_out_of_range");
  EXPECT_EQ(summary.rejected[1].row, 6);
}

TEST(BulkIngest, RefusesColumnsOfDifferentLengths) {
  FakeLog log;
  ManualClock clock;
  BulkIngest ingest(log, clock);
  const auto refused = ingest.Add(Columns{.values = {0.5F}}.view(), Soon());
  EXPECT_EQ(refused.error().reason, "columns_differ");
  EXPECT_EQ(refused.error().field, "values");
  EXPECT_TRUE(log.changes.empty());
}

TEST(BulkIngest, AnswersWhenAllIsAcknowledged) {
  FakeLog log;
  ManualClock clock;
  BulkIngest ingest(log, clock);
  ASSERT_TRUE(ingest.Add(Columns().view(), Soon()).ok());
  ASSERT_TRUE(ingest.Add(Columns().view(), Soon()).ok());
  const auto summary = ingest.Finish(Soon());
  EXPECT_EQ(summary->accepted, 6);
  EXPECT_EQ(summary->end_offsets, (Offsets{{1, 4}, {2, 5}, {3, 6}}));
  EXPECT_EQ(log.changes[0].event_id, log.changes[3].event_id);
  EXPECT_EQ(log.changes[0].source, ratings::Source::kImport);
  EXPECT_EQ(log.changes[1].occurred_at_us, 2'000'000);
}

TEST(BulkIngest, WaitsWhileKafkasQueueIsFull) {
  FakeLog log;
  log.refusals = 3;
  ManualClock clock;
  BulkIngest ingest(log, clock);
  ASSERT_TRUE(ingest.Add(Columns().view(), Soon()).ok());
  EXPECT_EQ(ingest.Finish(Soon())->accepted, 3);
}

TEST(BulkIngest, BoundsWhatIsInFlight) {
  FakeLog log;
  log.hold = true;
  ManualClock clock;
  BulkIngest ingest(log, clock);
  Columns columns;
  columns.Repeat(BulkIngest::kMostInFlight + 1);
  const auto late =
      ingest.Add(columns.view(), CallContext(SystemClock().Now() + std::chrono::milliseconds(50)));
  EXPECT_EQ(late.error().reason, "kafka_unavailable");
  EXPECT_EQ(log.held.size(), static_cast<std::size_t>(BulkIngest::kMostInFlight));
  log.ReleaseHeld();
}

TEST(BulkIngest, IsHeldUpNowAndThenWithWhatTheLogHas) {
  FakeLog log;
  ManualClock clock;
  std::vector<std::size_t> appended;
  std::vector<Offsets> ends;
  BulkIngest ingest(log, clock, [&](const Offsets& so_far) {
    appended.push_back(log.changes.size());
    ends.push_back(so_far);
  });
  Columns columns;
  columns.Repeat(2 * BulkIngest::kPaceEvery);
  ASSERT_TRUE(ingest.Add(columns.view(), Soon()).ok());
  EXPECT_EQ(appended, (std::vector{BulkIngest::kPaceEvery, 2 * BulkIngest::kPaceEvery}));
  EXPECT_EQ(ends.back(), ingest.Finish(Soon())->end_offsets);
}

TEST(BulkIngest, ReportsAFailedAcknowledgement) {
  FakeLog log;
  log.failure = Error::Unavailable("kafka_unavailable", "");
  ManualClock clock;
  BulkIngest ingest(log, clock);
  EXPECT_FALSE(ingest.Add(Columns().view(), Soon()).ok());
  EXPECT_EQ(ingest.Finish(Soon()).error().reason, "kafka_unavailable");
}

// The partition's rows up to there are applied; `log` counts the logs that it has been.
ratings::StoredPositions Stored(std::int32_t partition, std::int64_t next, std::int64_t log = 0) {
  return {{partition, {.position = {partition, next, 9}, .other_logs = log}}};
}

// A call whose caller has written what is before these places.
CallContext After(const std::vector<LogPosition>& written) {
  CallContext call = Soon();
  for (const auto& position : written)
    call.positions.push_back({std::string(ratings::kStream), position});
  return call;
}

class AppliedPositionsTest : public testing::Test {
 protected:
  // How often a request's positions came to this.
  bool Counted(const std::string& outcome, int count) {
    const std::string line = "marquee_rating_ingest_position_waits_total{outcome=\"" + outcome +
                             "\"} " + std::to_string(count) + "\n";
    return metrics.Text().find(line) != std::string::npos;
  }
  FakeLog log;
  FakeReader reader;
  metrics::Metrics metrics;
  AppliedPositions patient{reader, log, {.most_wait = std::chrono::seconds(10)}, metrics};
  AppliedPositions hasty{reader, log, {.most_wait = std::chrono::milliseconds(30)}, metrics};
};

TEST_F(AppliedPositionsTest, WakesAtTheWritersProgress) {
  const std::vector<LogPosition> wanted{{1, 5, 0}, {2, 1, 0}};
  bool ok = false;
  std::thread waiting([&] { ok = patient.WaitFor(After(wanted)).ok(); });
  patient.Advance(Stored(1, 5));
  patient.Advance(Stored(1, 4));
  patient.Advance(Stored(2, 3));
  waiting.join();
  EXPECT_TRUE(ok);
  EXPECT_FALSE(Counted("timed_out", 1));
}

TEST_F(AppliedPositionsTest, FindsAnotherWritersProgressInTheStore) {
  reader.positions = Stored(1, 5);
  const std::vector<LogPosition> wanted{{1, 5, 0}};
  EXPECT_TRUE(patient.WaitFor(After(wanted)).ok());
  EXPECT_GE(reader.asked, 1);
  EXPECT_TRUE(Counted("awaited", 1));
  // What is known needs nobody to be asked.
  log.asked_for_end = 0;
  EXPECT_TRUE(patient.WaitFor(After(wanted)).ok());
  EXPECT_EQ(log.asked_for_end, 0);
  EXPECT_TRUE(Counted("reached", 1));
}

TEST_F(AppliedPositionsTest, AnImportWaitsUntilLittleOfItIsLeft) {
  const Time until = SystemClock().Now() + std::chrono::seconds(10);
  patient.Advance(Stored(1, 50));
  patient.AwaitNear({{1, 100}}, 50, until);
  EXPECT_EQ(reader.asked, 0) << "near enough";
  std::atomic<bool> waiting = true;
  std::thread import([&] {
    patient.AwaitNear({{1, 100}, {2, 30}}, 20, until);
    waiting = false;
  });
  patient.Advance(Stored(1, 100));
  EXPECT_TRUE(waiting) << "30 of the other partition are left";
  patient.Advance(Stored(2, 10));
  import.join();
  EXPECT_LT(SystemClock().Now(), until);
  patient.AwaitNear({{3, 1'000}}, 0, SystemClock().Now() + std::chrono::milliseconds(30));
}

TEST_F(AppliedPositionsTest, GoesOnAtItsBound) {
  const std::vector<LogPosition> wanted{{1, 5, 0}};
  EXPECT_TRUE(hasty.WaitFor(After(wanted)).ok());
  EXPECT_TRUE(Counted("timed_out", 1));
}

TEST_F(AppliedPositionsTest, RefusesAPlaceBeyondTheLogAndIgnoresOneInAnotherLog) {
  for (const LogPosition& beyond : {LogPosition{1, 6, 0}, LogPosition{99, 1, 0}}) {
    const auto refused = patient.WaitFor(After({beyond}));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Code::kInvalidArgument);
    EXPECT_EQ(refused.error().field, "Marquee-Position");
  }
  for (const LogPosition& elsewhere : {LogPosition{1, 6, 7}, LogPosition{99, 1, 7}})
    EXPECT_TRUE(patient.WaitFor(After({elsewhere})).ok());
  EXPECT_TRUE(Counted("refused", 2));
  EXPECT_TRUE(Counted("elsewhere", 2));
  EXPECT_EQ(reader.asked, 0) << "nobody waited";
}

TEST_F(AppliedPositionsTest, FollowsTheLogThatTookAnothersPlace) {
  patient.Advance(Stored(1, 4));
  patient.Advance(Stored(1, 1, /*log=*/1));
  reader.positions = Stored(1, 2, /*log=*/1);
  const std::vector<LogPosition> wanted{{1, 2, 8}};
  EXPECT_TRUE(patient.WaitFor(After(wanted)).ok());
  EXPECT_TRUE(Counted("awaited", 1));
}

// One client can't take the threads of all.
TEST_F(AppliedPositionsTest, LetsFewWaitAndTurnsTheOthersAway) {
  const std::vector<LogPosition> wanted{{1, 5, 0}};
  std::vector<std::thread> crowd;
  crowd.reserve(8);
  for (int i = 0; i < 8; ++i)
    crowd.emplace_back([&] { EXPECT_TRUE(patient.WaitFor(After(wanted)).ok()); });
  while (log.asked_for_end < 8) std::this_thread::yield();
  EXPECT_TRUE(patient.WaitFor(After(wanted)).ok());
  EXPECT_TRUE(Counted("turned_away", 1));
  patient.Advance(Stored(1, 5));
  for (auto& one : crowd) one.join();
  EXPECT_TRUE(Counted("awaited", 8));
}

class QueriesTest : public testing::Test {
 protected:
  FakeLog log;
  FakeReader reader;
  metrics::Metrics metrics;
  AppliedPositions applied{reader, log, {.most_wait = std::chrono::milliseconds(30)}, metrics};
  RatingQueries queries{reader, log, applied};
};

TEST_F(QueriesTest, PagesThroughAllRatingsOnce) {
  for (int i = 0; i < 7; ++i)
    reader.ratings.push_back({.movie_id = 10 - i, .value = 3, .rated_at_us = 100});
  std::vector<std::int64_t> seen;
  std::string token;
  int pages = 0;
  do {
    const auto page = queries.List(7, 3, token, Soon());
    ASSERT_TRUE(page.ok());
    for (const auto& rating : page->ratings) seen.push_back(rating.movie_id);
    token = page->next_page_token;
    ++pages;
  } while (!token.empty());
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(seen, (std::vector<std::int64_t>{10, 9, 8, 7, 6, 5, 4}));
}

TEST_F(QueriesTest, RefusesAnotherUsersToken) {
  reader.ratings.assign(4, {.movie_id = 1, .value = 3, .rated_at_us = 100});
  reader.ratings[3].rated_at_us = 1;
  const auto token = queries.List(7, 3, "", Soon())->next_page_token;
  ASSERT_FALSE(token.empty());
  EXPECT_EQ(queries.List(8, 3, token, Soon()).error().field, "page_token");
}

TEST_F(QueriesTest, SaysWhatIsNotRated) {
  EXPECT_EQ(queries.Get(7, 1, Soon()).error().code, Code::kNotFound);
}

TEST_F(QueriesTest, SumsTheLag) {
  reader.positions = Stored(0, 4);
  const auto status = queries.ReadStatus(Soon());
  EXPECT_EQ(status->lag, 16);
  EXPECT_EQ(status->partitions.size(), 3U);
  EXPECT_EQ(status->counts.ratings, 3);
}

TEST_F(QueriesTest, HidesNoLogThatEndsBeforeWhatIsApplied) {
  reader.positions = Stored(0, 14, /*log=*/2);
  const auto status = queries.ReadStatus(Soon());
  EXPECT_EQ(status->lag, -4);
  EXPECT_EQ(status->partitions[0].end_offset, 10);
  EXPECT_EQ(status->partitions[0].stored.position.next_offset, 14);
  EXPECT_EQ(status->partitions[0].stored.other_logs, 2);
}

// One interaction a page, and a page without any.
class FakeInteractions final : public InteractionReader {
 public:
  Result<Page> Read(std::int64_t, std::int64_t from, const CallContext&) override {
    if (failure) return *failure;
    Page page;
    if (from != 20) page.interactions.push_back({.movie_id = from + 1});
    if (from < 40) page.next = from + 20;
    return page;
  }
  std::optional<Error> failure;
};

class ExportTest : public QueriesTest {
 protected:
  ExportTest() {
    for (std::int64_t movie = 1; movie <= 2 * RatingExport::kPageSize; ++movie)
      reader.kept.push_back({movie, movie % 2 == 0 ? std::optional<float>(3) : std::nullopt, 100});
  }
  FakeInteractions interactions;
  RatingExport ratings{reader, interactions, applied};
};

TEST_F(ExportTest, HasEverythingOnceInSmallPages) {
  std::vector<std::int64_t> movies, seen;
  std::string token;
  do {
    const auto page = ratings.Read(7, token, Soon());
    ASSERT_TRUE(page.ok());
    EXPECT_LE(page->ratings.size(), static_cast<std::size_t>(RatingExport::kPageSize));
    for (const auto& one : page->ratings) movies.push_back(one.movie_id);
    for (const auto& one : page->interactions) seen.push_back(one.movie_id);
    token = page->next_page_token;
  } while (!token.empty());
  ASSERT_EQ(movies.size(), reader.kept.size());
  EXPECT_TRUE(std::ranges::is_sorted(movies));
  EXPECT_EQ(seen, (std::vector<std::int64_t>{1, 41}));
}

TEST_F(ExportTest, TakesNoTokenOfAnother) {
  const auto token = ratings.Read(7, "", Soon())->next_page_token;
  EXPECT_EQ(ratings.Read(8, token, Soon()).error().field, "page_token");
  for (const auto& wrong : {std::pair(3, 0), std::pair(1, -1), std::pair(2, -1)}) {
    const auto forged = EncodeTypedPageToken("export:7", static_cast<std::int64_t>(wrong.first),
                                             static_cast<std::int64_t>(wrong.second));
    EXPECT_EQ(ratings.Read(7, forged, Soon()).error().reason, "page_token_invalid");
  }
}

TEST_F(ExportTest, SaysThatInteractionsCantBeRead) {
  reader.kept.clear();
  interactions.failure = Error::Unavailable("kafka_unavailable", "away");
  const auto first = ratings.Read(7, "", Soon());
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(ratings.Read(7, first->next_page_token, Soon()).error().reason, "kafka_unavailable");
}

}  // namespace
}  // namespace marquee::rating_ingest
