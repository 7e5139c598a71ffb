// The exactly-once applier of marquee.ratings.v1 to a PostgreSQL database: a kafka::BatchHandler
// that decodes a batch, sends what can't be applied to the dead letters (acknowledged before the
// offsets are stored), and applies the rest together with the offsets in one transaction.
//
// Migrations of a database that uses it create (names are fixed):
//
//   CREATE TABLE consumer_offsets (
//     topic       text    NOT NULL,
//     partition   integer NOT NULL CHECK (partition >= 0),
//     next_offset bigint  NOT NULL CHECK (next_offset >= 0),  -- the first offset not yet applied
//     PRIMARY KEY (topic, partition)
//   );
//   -- and for ApplyRatings():
//   CREATE TABLE ratings (
//     user_id  bigint      NOT NULL,
//     movie_id bigint      NOT NULL,
//     value    real,                  -- NULL: taken back (a tombstone: imports don't undo it)
//     source   smallint    NOT NULL,  -- ratings::Source: 1 live, 2 import
//     rated_at timestamptz NOT NULL,
//     event_id uuid        NOT NULL,  -- the last event applied
//     revision bigint      NOT NULL,  -- how many events were applied
//     PRIMARY KEY (user_id, movie_id)
//   );
//   CREATE TABLE applied_events (     -- live events only; older than 30 days are deleted
//     user_id    bigint      NOT NULL,
//     event_id   uuid        NOT NULL,
//     applied_at timestamptz NOT NULL DEFAULT now(),
//     PRIMARY KEY (user_id, event_id)
//   );
//   CREATE INDEX applied_events_by_age ON applied_events USING brin (applied_at);
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "kafka/group_consumer.h"
#include "kafka/producer.h"
#include "pg/pool.h"
#include "ratings/rating_rule.h"

namespace marquee::ratings {

// What one batch changed about one (user, movie): its state before and after, in-batch steps
// collapsed.
struct RatingDelta {
  std::int64_t user_id = 0;
  std::int64_t movie_id = 0;
  std::optional<RatingState> before;  // nullopt: there was no row
  RatingState after;
};

// Applies changes (in order, from partitions that this transaction holds the offsets of) to the
// tables `ratings` and `applied_events` by the rule in rating_rule.h, set-based: three or four
// statements whatever the size. Returns what changed, one delta for each (user, movie), ordered by
// user and movie. Throws the driver's exceptions: inside Pool::Run.
std::vector<RatingDelta> ApplyRatings(pg::Transaction& tx, std::span<const RatingChange> changes);

// Deletes the ids of live events applied more than `age` ago, at most `limit`; returns how many.
Result<std::int64_t> ForgetAppliedEvents(pg::Pool& pool, std::chrono::hours age, int limit,
                                         Time deadline);

// Stored next offsets of a topic.
Result<kafka::Offsets> ReadOffsets(pg::Transaction& tx, std::string_view topic);

// Where undecodable messages go: returns once all are acknowledged. A port, for tests.
struct DeadLetterMessage {
  const kafka::Message* message = nullptr;
  std::string reason;
  std::string detail;
};
using DeadLetterSink = std::function<Status(std::span<const DeadLetterMessage>)>;
// Produces marquee.events.v1.DeadLetter messages to marquee.dead-letters.v1 with the original key.
DeadLetterSink KafkaDeadLetters(kafka::Producer& producer, std::string consumer,
                                std::string source_topic, const Clock& clock,
                                std::chrono::milliseconds timeout);

struct RatingProjectionConfig {
  std::string topic = "marquee.ratings.v1";
  std::chrono::milliseconds transaction_timeout{30'000};
  // Runs in the batch's transaction when it has dead letters, to keep count of them; may be empty.
  std::function<Status(pg::Transaction&, std::span<const DeadLetterMessage>)> record_dead_letters =
      {};
};

struct RatingProjectionStats {
  std::int64_t events = 0;  // decoded and handed to the step, committed
  std::int64_t dead_letters = 0;
  std::map<std::string, std::int64_t> dead_letters_by_reason;
};

class RatingProjection final : public kafka::BatchHandler {
 public:
  // Runs within the transaction that stores the offsets; an error or exception rolls everything
  // back. It may run more than once for a batch that in the end commits once. Example: [](auto& tx,
  // auto changes) -> Status {
  //   const auto deltas = ApplyRatings(tx, changes); …update the aggregates by them… return {}; }
  using Step = std::function<Status(pg::Transaction& tx, std::span<const RatingChange> changes)>;
  // After the commit, with the offsets stored; for metrics and for waking waiting readers. May be
  // empty.
  using Committed =
      std::function<void(const kafka::Offsets& next, std::span<const RatingChange> changes)>;

  RatingProjection(pg::Pool& pool, DeadLetterSink dead_letters, Step step,
                   RatingProjectionConfig config = {}, Committed committed = {});

  Result<kafka::Offsets> LoadOffsets(const std::vector<std::int32_t>& partitions) override;
  Status Apply(const kafka::Batch& batch, const kafka::Offsets& expected,
               const kafka::Offsets& next) override;

  RatingProjectionStats Stats() const;  // any thread

 private:
  pg::Pool& pool_;
  DeadLetterSink dead_letters_;
  Step step_;
  RatingProjectionConfig config_;
  Committed committed_;
  struct Counters;
  std::shared_ptr<Counters> counters_;
};

}  // namespace marquee::ratings
