// The use cases against fakes of their ports.
#include <gtest/gtest.h>

#include <deque>
#include <set>
#include <thread>

#include "rating_ingest/app/applied_positions.h"
#include "rating_ingest/app/bulk_ingest.h"
#include "rating_ingest/app/rating_intake.h"
#include "rating_ingest/app/rating_queries.h"

namespace marquee::rating_ingest {
namespace {

Time Soon() { return SystemClock().Now() + std::chrono::seconds(10); }

// Acknowledges at once unless told to hold acknowledgements back or to fail.
class FakeLog final : public RatingLog, public InteractionLog {
 public:
  Result<LogPosition> Append(const RatingChange& change, Time) override {
    if (failure) return *failure;
    changes.push_back(change);
    return LogPosition{static_cast<std::int32_t>(change.user_id % 4),
                       static_cast<std::int64_t>(changes.size()) - 1};
  }
  void AppendAsync(const RatingChange& change, Acknowledged acknowledged) override {
    if (refusals > 0) {
      --refusals;
      return acknowledged(Error::Unavailable("kafka_queue_full", ""));
    }
    auto result = Append(change, Time::max());
    if (hold)
      held.emplace_back(std::move(acknowledged), std::move(result));
    else
      acknowledged(std::move(result));
  }
  void ReleaseHeld() {
    for (auto& [acknowledged, result] : held) acknowledged(std::move(result));
    held.clear();
  }
  Result<std::int32_t> PartitionOf(std::int64_t user_id, Time) override {
    return static_cast<std::int32_t>(user_id % 4);
  }
  Result<Offsets> EndOffsets(Time) override { return Offsets{{0, 10}, {1, 5}}; }
  Status AppendInteractions(std::int64_t, const std::vector<Interaction>&,
                            const std::vector<Uuid>& ids, Time) override {
    interaction_ids.insert(interaction_ids.end(), ids.begin(), ids.end());
    return {};
  }
  std::vector<RatingChange> changes;
  std::vector<Uuid> interaction_ids;
  std::optional<Error> failure;
  int refusals = 0;
  bool hold = false;
  std::deque<std::pair<Acknowledged, Result<LogPosition>>> held;
};

class FakeCatalog final : public MovieCatalog {
 public:
  Result<bool> Exists(std::int64_t movie_id, Time) override {
    if (down) return Error::Unavailable("catalog_unavailable", "");
    return movies.contains(movie_id);
  }
  std::set<std::int64_t> movies{1, 2, 3};
  bool down = false;
};

class FakeReader final : public RatingReader {
 public:
  Result<std::optional<Rating>> Find(std::int64_t, std::int64_t movie_id, Time) override {
    for (const auto& rating : ratings) {
      if (rating.movie_id == movie_id) return std::optional(rating);
    }
    return std::optional<Rating>();
  }
  Result<RatingPage> List(std::int64_t, std::optional<RatingKey> after, int limit, Time) override {
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
  Result<History> ReadHistory(std::int64_t, std::int32_t partition, int, Time) override {
    return History{.ratings = ratings, .partition = partition, .next_offset = 7};
  }
  Result<ExportSummary> Export(int, Time, const std::function<Status(ExportChunk)>&) override {
    return ExportSummary{};
  }
  Result<Offsets> NextOffsets(Time) override {
    ++asked;
    return offsets;
  }
  Result<Counts> Count(Time) override { return Counts{3, 1}; }
  std::vector<Rating> ratings;  // the latest first
  Offsets offsets;
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
  EXPECT_EQ(log.changes[0].source, projection::Source::kLive);
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
  RatingColumns view() const { return {users, movies, values, times}; }
};

std::string FieldOf(const Columns& columns) {
  const auto status = CheckColumns(columns.view(), Time(std::chrono::seconds(1'700'000'000)));
  return status.ok() ? "ok" : status.error().field;
}

TEST(CheckColumns, NamesTheRow) {
  EXPECT_EQ(FieldOf({}), "ok");
  EXPECT_EQ(FieldOf({.users = {1, 2, 1'000'000'000}}), "user_ids[2]");
  EXPECT_EQ(FieldOf({.users = {0, 2, 3}}), "user_ids[0]");
  EXPECT_EQ(FieldOf({.movies = {1, -1, 3}}), "movie_ids[1]");
  EXPECT_EQ(FieldOf({.values = {0.5F, 0.7F, 3.0F}}), "values[1]");
  EXPECT_EQ(FieldOf({.times = {1, 2, -3}}), "rated_at_seconds[2]");
  EXPECT_EQ(FieldOf({.times = {1, 2, 1'800'000'000}}), "rated_at_seconds[2]");
  EXPECT_EQ(FieldOf({.values = {0.5F}}), "values");
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
  EXPECT_EQ(log.changes[0].source, projection::Source::kImport);
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
  columns.users.assign(BulkIngest::kMostInFlight + 1, 1);
  columns.movies.assign(BulkIngest::kMostInFlight + 1, 1);
  columns.values.assign(BulkIngest::kMostInFlight + 1, 1.0F);
  columns.times.assign(BulkIngest::kMostInFlight + 1, 1);
  const auto late = ingest.Add(columns.view(), SystemClock().Now() + std::chrono::milliseconds(50));
  EXPECT_EQ(late.error().reason, "kafka_unavailable");
  EXPECT_EQ(log.held.size(), static_cast<std::size_t>(BulkIngest::kMostInFlight));
  log.ReleaseHeld();
}

TEST(BulkIngest, ReportsAFailedAcknowledgement) {
  FakeLog log;
  log.failure = Error::Unavailable("kafka_unavailable", "");
  ManualClock clock;
  BulkIngest ingest(log, clock);
  EXPECT_FALSE(ingest.Add(Columns().view(), Soon()).ok());
  EXPECT_EQ(ingest.Finish(Soon()).error().reason, "kafka_unavailable");
}

TEST(AppliedPositions, WakesAtTheWritersProgress) {
  FakeReader reader;
  AppliedPositions applied(reader, std::chrono::seconds(10));
  bool reached = false;
  std::thread waiting([&] { reached = applied.WaitFor({{1, 5}, {2, 1}}, Soon()); });
  applied.Advance({{1, 5}});
  applied.Advance({{2, 3}, {1, 4}});
  waiting.join();
  EXPECT_TRUE(reached);
}

TEST(AppliedPositions, FindsAnotherWritersProgressInTheStore) {
  FakeReader reader;
  reader.offsets = {{1, 5}};
  AppliedPositions applied(reader, std::chrono::seconds(10));
  EXPECT_TRUE(applied.WaitFor({{1, 5}}, Soon()));
  EXPECT_GE(reader.asked, 1);
}

TEST(AppliedPositions, GivesUpAtItsBound) {
  FakeReader reader;
  AppliedPositions applied(reader, std::chrono::milliseconds(30));
  EXPECT_FALSE(applied.WaitFor({{1, 5}}, Soon()));
}

class QueriesTest : public testing::Test {
 protected:
  FakeLog log;
  FakeReader reader;
  AppliedPositions applied{reader, std::chrono::milliseconds(30)};
  RatingQueries queries{reader, log, applied};
};

TEST_F(QueriesTest, PagesThroughAllRatingsOnce) {
  for (int i = 0; i < 7; ++i)
    reader.ratings.push_back({.movie_id = 10 - i, .value = 3, .rated_at_us = 100});
  std::vector<std::int64_t> seen;
  std::string token;
  int pages = 0;
  do {
    const auto page = queries.List(7, 3, token, {}, Soon());
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
  const auto token = queries.List(7, 3, "", {}, Soon())->next_page_token;
  ASSERT_FALSE(token.empty());
  EXPECT_EQ(queries.List(8, 3, token, {}, Soon()).error().field, "page_token");
}

TEST_F(QueriesTest, SaysWhatIsNotRated) {
  EXPECT_EQ(queries.Get(7, 1, {}, Soon()).error().code, Code::kNotFound);
}

TEST_F(QueriesTest, SumsTheLag) {
  reader.offsets = {{0, 4}};
  const auto status = queries.ReadStatus(Soon());
  EXPECT_EQ(status->lag, 11);
  EXPECT_EQ(status->partitions.size(), 2U);
  EXPECT_EQ(status->counts.ratings, 3);
}

}  // namespace
}  // namespace marquee::rating_ingest
