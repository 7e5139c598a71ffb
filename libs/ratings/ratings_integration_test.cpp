#include <gtest/gtest.h>

#include <map>
#include <pqxx/pqxx>
#include <random>
#include <set>

#include "kafka/testing.h"
#include "marquee/events/v1/events.pb.h"
#include "pg/testing.h"
#include "ratings/rating_consumer.h"
#include "ratings/rating_events.h"
#include "ratings/rating_projection.h"
#include "ratings/testing.h"
#include "ratings/topics.h"

namespace marquee::ratings {
namespace {

constexpr const char* kTables =
    "CREATE TABLE consumer_offsets (topic text NOT NULL, partition integer NOT NULL,"
    " next_offset bigint NOT NULL, record_offset bigint, record_fingerprint bigint,"
    " lost_events bigint NOT NULL DEFAULT 0, lost_at timestamptz,"
    " other_logs bigint NOT NULL DEFAULT 0, other_log_at timestamptz,"
    " PRIMARY KEY (topic, partition));"
    "CREATE TABLE ratings (user_id bigint NOT NULL, movie_id bigint NOT NULL, value real,"
    " source smallint NOT NULL, rated_at timestamptz NOT NULL, event_id uuid NOT NULL,"
    " revision bigint NOT NULL, PRIMARY KEY (user_id, movie_id));"
    "CREATE TABLE applied_events (user_id bigint NOT NULL, event_id uuid NOT NULL,"
    " applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (user_id, event_id));";

class ProjectionTest : public testing::Test {
 protected:
  ProjectionTest() { database_.Execute(kTables); }

  static kafka::Message Event(std::int64_t offset, const RatingChange& change) {
    kafka::Message message{.partition = 0, .offset = offset, .key = std::to_string(change.user_id)};
    EncodeRating(change, message.value);
    return message;
  }
  static RatingChange Change(std::int64_t user, std::int64_t movie, std::optional<float> value,
                             const std::string& id, Source source = Source::kLive) {
    return {.event_id = TestEventId(user, id),
            .user_id = user,
            .movie_id = movie,
            .value = value,
            .occurred_at_us = 1'700'000'000'000'001,
            .source = source};
  }
  // Applies messages that follow each other from `first` on, in partition 0.
  Status Apply(RatingProjection& projection, std::vector<kafka::Message> messages) {
    const auto first = messages.front().offset;
    const LogPosition next = kafka::After(messages.back());
    const LogPosition expected =
        places_.contains(first) ? places_.at(first) : LogPosition{0, first, 0};
    places_[next.next_offset] = next;
    return projection.Apply({{0, std::move(messages)}}, {{0, expected}}, {{0, next}});
  }
  static std::int64_t Next(RatingProjection& projection) {
    return projection.LoadPositions({0}).value().at(0).next_offset;
  }
  RatingProjection Make(std::vector<std::string>* dead = nullptr) {
    return RatingProjection(
        pool_,
        [dead](std::span<const DeadLetterMessage> letters) -> Status {
          for (const auto& letter : letters) {
            if (dead != nullptr) dead->push_back(letter.reason);
          }
          return {};
        },
        [this](pg::Transaction& tx, std::span<const RatingChange> changes) -> Status {
          deltas_ = ApplyRatings(tx, changes);
          return {};
        });
  }
  std::string Row(std::int64_t user, std::int64_t movie) {
    const auto row = pool_.Read([&](pg::Transaction& tx) -> Result<std::string> {
      const auto rows = tx.exec_params(
          "SELECT coalesce(value::text, 'none') || ' ' || source || ' ' || revision FROM ratings"
          " WHERE user_id = $1 AND movie_id = $2",
          user, movie);
      return rows.empty() ? std::string("no row") : std::string(rows[0][0].c_str());
    });
    return row.value();
  }
  pg::TestDatabase database_;
  pg::Pool pool_{{.uri = database_.uri()}};
  std::vector<RatingDelta> deltas_;
  std::map<std::int64_t, LogPosition> places_;  // by next_offset
};

TEST_F(ProjectionTest, StartsAtZeroAndStoresOffsetsWithTheBatch) {
  auto projection = Make();
  EXPECT_EQ(projection.LoadPositions({0, 3}).value(),
            (LogPositions{{0, {0, 0, 0}}, {3, {3, 0, 0}}}));
  ASSERT_TRUE(
      Apply(projection, {Event(0, Change(1, 2, 4.0F, "a")), Event(1, Change(1, 3, 2.0F, "b"))})
          .ok());
  EXPECT_EQ(projection.LoadPositions({0}).value(), (LogPositions{{0, places_.at(2)}}));
  EXPECT_EQ(Row(1, 2), "4 1 1");
  EXPECT_EQ(projection.Stats().events, 2);
}

TEST_F(ProjectionTest, FencesAZombie) {
  auto projection = Make();
  ASSERT_TRUE(projection.LoadPositions({0}).ok());
  ASSERT_TRUE(Apply(projection, {Event(0, Change(1, 2, 4.0F, "a"))}).ok());
  const auto zombie = Apply(projection, {Event(0, Change(1, 2, 1.0F, "z"))});
  EXPECT_EQ(zombie.error().reason, kafka::kOffsetsFenced);
  EXPECT_EQ(Row(1, 2), "4 1 1");
}

// The same offset of another log is another position.
TEST_F(ProjectionTest, FencesAZombieOfAnotherLog) {
  auto projection = Make();
  ASSERT_TRUE(projection.LoadPositions({0}).ok());
  ASSERT_TRUE(Apply(projection, {Event(0, Change(1, 2, 4.0F, "a"))}).ok());
  const LogPosition old = places_.at(1);
  ASSERT_TRUE(projection.Move(old, 0, kafka::Moved::kOtherLog).ok());
  places_.clear();
  ASSERT_TRUE(Apply(projection, {Event(0, Change(1, 2, 3.0F, "b"))}).ok());
  places_[1] = old;
  EXPECT_EQ(Apply(projection, {Event(1, Change(1, 2, 1.0F, "z"))}).error().reason,
            kafka::kOffsetsFenced);
  EXPECT_EQ(Row(1, 2), "3 1 2");
}

TEST_F(ProjectionTest, RemembersWhatBefellTheLog) {
  auto projection = Make();
  ASSERT_TRUE(projection.LoadPositions({0}).ok());
  ASSERT_TRUE(Apply(projection, {Event(0, Change(1, 2, 4.0F, "a"))}).ok());
  ASSERT_TRUE(projection.Move(places_.at(1), 6, kafka::Moved::kEventsLost).ok());
  EXPECT_EQ(projection.Move(places_.at(1), 6, kafka::Moved::kEventsLost).error().reason,
            kafka::kOffsetsFenced);
  EXPECT_EQ(Next(projection), 6);
  ASSERT_TRUE(projection.Move({0, 6, 0}, 0, kafka::Moved::kOtherLog).ok());
  EXPECT_EQ(Next(projection), 0);
  // Whoever reads the table next knows it.
  auto other = Make();
  ASSERT_TRUE(other.LoadPositions({0}).ok());
  const auto stored = other.Stats().positions.at(0);
  EXPECT_EQ(stored.lost_events, 5);
  EXPECT_EQ(stored.other_logs, 1);
  EXPECT_GT(stored.lost_at, Time{});
  EXPECT_GT(stored.other_log_at, Time{});
}

// A version that knows of no fingerprints runs beside this one during an upgrade.
TEST_F(ProjectionTest, TakesNoFingerprintOfAnotherOffsetForItsOwn) {
  auto projection = Make();
  ASSERT_TRUE(projection.LoadPositions({0}).ok());
  ASSERT_TRUE(Apply(projection, {Event(0, Change(1, 2, 4.0F, "a"))}).ok());
  database_.Execute("UPDATE consumer_offsets SET next_offset = 2");
  EXPECT_EQ(projection.LoadPositions({0}).value(), (LogPositions{{0, {0, 2, 0}}}));
  EXPECT_TRUE(Apply(projection, {Event(2, Change(1, 2, 2.0F, "b"))}).ok());
  EXPECT_NE(projection.LoadPositions({0}).value().at(0).fingerprint, 0U);
}

// What the log held is read again, all of it known and half of it new: nothing goes back to what it
// was, nothing counts twice.
TEST_F(ProjectionTest, ReadingALogAgainChangesOnlyWhatIsNew) {
  auto projection = Make();
  ASSERT_TRUE(projection.LoadPositions({0}).ok());
  const auto first = Change(1, 2, 4.0F, "a");
  const auto second = Change(1, 2, 2.0F, "b");
  ASSERT_TRUE(Apply(projection, {Event(0, first), Event(1, second)}).ok());
  ASSERT_TRUE(projection.Move(places_.at(2), 0, kafka::Moved::kOtherLog).ok());
  places_.clear();
  ASSERT_TRUE(Apply(projection, {Event(0, first)}).ok());
  EXPECT_EQ(Row(1, 2), "2 1 2");
  ASSERT_TRUE(Apply(projection, {Event(1, second), Event(2, Change(1, 3, 5.0F, "c"))}).ok());
  EXPECT_EQ(Row(1, 2), "2 1 2");
  EXPECT_EQ(Row(1, 3), "5 1 1");
}

TEST_F(ProjectionTest, RollsOffsetsBackWithTheStep) {
  RatingProjection projection(
      pool_, [](auto) { return Status(); },
      [](pg::Transaction&, auto) -> Status { return Error::Internal("no"); });
  ASSERT_TRUE(projection.LoadPositions({0}).ok());
  EXPECT_FALSE(Apply(projection, {Event(0, Change(1, 2, 4.0F, "a"))}).ok());
  EXPECT_EQ(Next(projection), 0);
}

TEST_F(ProjectionTest, CollapsesABatchToOneDeltaForEachPair) {
  auto projection = Make();
  ASSERT_TRUE(projection.LoadPositions({0}).ok());
  ASSERT_TRUE(
      Apply(projection, {Event(0, Change(1, 2, 4.0F, "a")), Event(1, Change(1, 2, 2.0F, "b")),
                         Event(2, Change(1, 2, 2.5F, "a")),  // a repetition
                         Event(3, Change(1, 2, 5.0F, "i", Source::kImport))})
          .ok());
  EXPECT_EQ(Row(1, 2), "2 1 2");
  ASSERT_EQ(deltas_.size(), 1U);
  EXPECT_FALSE(deltas_[0].before.has_value());
  EXPECT_EQ(deltas_[0].after.value, 2.0F);
  // The repetition is known in a later batch too.
  ASSERT_TRUE(Apply(projection, {Event(4, Change(1, 2, 2.5F, "a"))}).ok());
  EXPECT_EQ(Row(1, 2), "2 1 2");
  EXPECT_TRUE(deltas_.empty());
  // Another user may use the same key.
  ASSERT_TRUE(Apply(projection,
                    {Event(5, Change(2, 2, 3.0F, "a")), Event(6, Change(1, 2, std::nullopt, "c"))})
                  .ok());
  EXPECT_EQ(Row(2, 2), "3 1 1");
  EXPECT_EQ(Row(1, 2), "none 1 3");
  ASSERT_EQ(deltas_.size(), 2U);
  EXPECT_EQ(deltas_[0].before->value, 2.0F);
  EXPECT_EQ(deltas_[0].before->rated_at_us, 1'700'000'000'000'001);
  EXPECT_EQ(deltas_[0].after.value, std::nullopt);
}

TEST_F(ProjectionTest, ASecondImportChangesNoRow) {
  auto projection = Make();
  ASSERT_TRUE(projection.LoadPositions({0}).ok());
  const auto import = Change(1, 2, 4.0F, "x", Source::kImport);
  ASSERT_TRUE(Apply(projection, {Event(0, import)}).ok());
  ASSERT_TRUE(Apply(projection, {Event(1, import), Event(2, import)}).ok());
  EXPECT_EQ(Row(1, 2), "4 2 1");
  EXPECT_TRUE(deltas_.empty());
}

TEST_F(ProjectionTest, PutsAsideWhatCannotBeAppliedAndGoesOn) {
  std::vector<std::string> dead;
  auto projection = Make(&dead);
  ASSERT_TRUE(projection.LoadPositions({0}).ok());
  ASSERT_TRUE(Apply(projection, {{.partition = 0, .offset = 0, .key = "1", .value = "\xff\xff"},
                                 Event(1, Change(1, 2, 4.0F, "a")),
                                 {.partition = 0, .offset = 2, .key = "7", .value = ""}})
                  .ok());
  EXPECT_EQ(dead, (std::vector<std::string>{"undecodable", "event_id_invalid"}));
  EXPECT_EQ(Row(1, 2), "4 1 1");
  EXPECT_EQ(projection.Stats().dead_letters, 2);
}

TEST_F(ProjectionTest, StoresNoOffsetWithoutTheDeadLetter) {
  RatingProjection projection(
      pool_, [](auto) { return Status(Error::Unavailable("kafka_unavailable", "")); },
      [](pg::Transaction&, auto) { return Status(); });
  ASSERT_TRUE(projection.LoadPositions({0}).ok());
  EXPECT_FALSE(
      Apply(projection, {{.partition = 0, .offset = 0, .key = "1", .value = "\xff"}}).ok());
  EXPECT_EQ(Next(projection), 0);
}

// Any sequence, cut into any batches, ends as the rule alone says.
TEST_F(ProjectionTest, AgreesWithTheRuleOnRandomSequences) {
  std::mt19937 random(7);
  auto projection = Make();
  ASSERT_TRUE(projection.LoadPositions({0}).ok());
  std::map<std::pair<std::int64_t, std::int64_t>, RatingState> expected;
  std::set<std::pair<std::int64_t, Uuid>> seen;
  std::int64_t offset = 0;
  for (int round = 0; round < 60; ++round) {
    std::vector<kafka::Message> messages;
    const int size = 1 + static_cast<int>(random() % 40);
    for (int i = 0; i < size; ++i) {
      const auto source = random() % 2 == 0 ? Source::kLive : Source::kImport;
      std::optional<float> value;
      if (random() % 5 != 0) value = static_cast<float>(1 + random() % 10) / 2;
      const auto change =
          Change(1 + random() % 3, 1 + random() % 4, value, std::to_string(random() % 400), source);
      messages.push_back(Event(offset++, change));
      if (source == Source::kLive && !seen.emplace(change.user_id, change.event_id).second)
        continue;
      auto& state = expected[{change.user_id, change.movie_id}];
      const auto next =
          ratings::Apply(state.revision == 0 ? std::nullopt : std::optional(state), change);
      if (next) state = *next;
    }
    ASSERT_TRUE(Apply(projection, std::move(messages)).ok());
  }
  for (const auto& [key, state] : expected) {
    std::ostringstream text;
    if (state.value)
      text << *state.value;
    else
      text << "none";
    text << ' ' << static_cast<int>(state.source) << ' ' << state.revision;
    EXPECT_EQ(Row(key.first, key.second), text.str());
  }
}

TEST_F(ProjectionTest, ABacklogYieldsToPeopleAndALiveRatingToNobody) {
  using std::chrono::milliseconds;
  pg::Pool people({.uri = database_.uri()});
  const Courtesy courtesy = YieldTo(people);
  EXPECT_EQ(courtesy.rest(1, milliseconds(10)), milliseconds(0));
  EXPECT_EQ(courtesy.rest(5'000, milliseconds(10)), milliseconds(10));
  EXPECT_GT(courtesy.next_batch(), 1'000'000);
  const auto ask = [&](const std::function<void()>& meanwhile) {
    const auto asked = people.Read([&](pg::Transaction&) -> Result<bool> {
      meanwhile();
      return true;
    });
    ASSERT_TRUE(asked.ok());
  };
  ask([&] {
    EXPECT_EQ(courtesy.rest(5'000, milliseconds(10)), milliseconds(30));
    EXPECT_EQ(courtesy.next_batch(), 1'000);
  });
  EXPECT_EQ(courtesy.rest(5'000, milliseconds(10)), milliseconds(10)) << "that was one request";
  // Between their requests, too.
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (courtesy.next_batch() > 1'000 && std::chrono::steady_clock::now() < until) ask([] {});
  EXPECT_EQ(courtesy.next_batch(), 1'000);
}

TEST_F(ProjectionTest, ForgetsOldEventIdsOnly) {
  database_.Execute(
      "INSERT INTO applied_events SELECT n, gen_random_uuid(),"
      " now() - CASE WHEN n <= 5 THEN interval '31 days' ELSE interval '29 days' END"
      " FROM generate_series(1, 8) n");
  const auto deadline = SystemClock().Now() + std::chrono::seconds(10);
  EXPECT_EQ(ForgetAppliedEvents(pool_, std::chrono::hours(720), 3, deadline).value(), 3);
  EXPECT_EQ(ForgetAppliedEvents(pool_, std::chrono::hours(720), 100, deadline).value(), 2);
}

// All of it together, on Kafka: what is produced is applied, a broken message becomes a dead
// letter.
TEST_F(ProjectionTest, AppliesWhatKafkaHolds) {
  const auto topic = kafka::MakeTestTopic(2);
  const Time deadline = SystemClock().Now() + std::chrono::seconds(30);
  ASSERT_TRUE(
      kafka::CreateTopic(kafka::TestCluster(), std::string(kDeadLettersTopic), 1, deadline).ok());
  kafka::Producer producer({.cluster = kafka::TestCluster()});
  for (int user = 1; user <= 100; ++user) {
    kafka::Outgoing message{.topic = topic, .key = std::to_string(user)};
    if (user == 13)
      message.value = "broken";
    else
      EncodeRating(Change(user, 1, 3.0F, "a"), message.value);
    producer.ProduceAsync(std::move(message), [](auto result) { EXPECT_TRUE(result.ok()); });
  }
  ASSERT_TRUE(producer.Flush(deadline).ok());
  std::mutex mutex;
  std::condition_variable moved;
  std::size_t applied = 0;
  RatingProjection projection(
      pool_, KafkaDeadLetters(producer, "test", topic, SystemClock(), std::chrono::seconds(10)),
      [](pg::Transaction& tx, std::span<const RatingChange> changes) -> Status {
        ApplyRatings(tx, changes);
        return {};
      },
      {.topic = topic},
      [&](const StoredPositions&, std::span<const RatingChange> changes) {
        const std::lock_guard lock(mutex);
        applied += changes.size();
        moved.notify_all();
      });
  {
    kafka::GroupConsumer consumer({.cluster = kafka::TestCluster(), .group = topic, .topic = topic},
                                  projection);
    std::unique_lock lock(mutex);
    EXPECT_TRUE(moved.wait_for(lock, std::chrono::seconds(30), [&] { return applied == 99; }));
  }
  EXPECT_EQ(projection.Stats().dead_letters_by_reason.at("undecodable"), 1);
  EXPECT_EQ(Row(13, 1), "no row");
  EXPECT_EQ(Row(14, 1), "3 1 1");
}

}  // namespace
}  // namespace marquee::ratings
