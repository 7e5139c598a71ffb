// The exactly-once applier of marquee.ratings.v1 to a PostgreSQL database: a kafka::BatchHandler
// that decodes a batch, sends what can't be applied to the dead letters (acknowledged before the
// positions are stored), and applies the rest together with the positions in one transaction.
//
// Migrations of a database that uses it create (names are fixed):
//
//   CREATE TABLE consumer_offsets (
//     topic              text    NOT NULL,
//     partition          integer NOT NULL CHECK (partition >= 0),
//     next_offset        bigint  NOT NULL CHECK (next_offset >= 0),  -- the first not yet applied
//     record_offset      bigint,  -- next_offset - 1, when record_fingerprint was stored with it
//     record_fingerprint bigint,  -- of the record there: by it the log is known
//     lost_events        bigint  NOT NULL DEFAULT 0,  -- deleted by Kafka before they were read
//     lost_at            timestamptz,                 -- the last time
//     other_logs         bigint  NOT NULL DEFAULT 0,  -- how often there was another log
//     other_log_at       timestamptz,                 -- the last time
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
//   CREATE TABLE applied_events (     -- live events only, for as long as the log may hold them
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
#include "pg/pool.h"
#include "ratings/dead_letters.h"
#include "ratings/rating_rule.h"
#include "ratings/stored_positions.h"
#include "ratings/topics.h"

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

// Deletes all that the tables `ratings` and `applied_events` have of a user. Returns what was rated,
// one delta for each movie, as if it had been taken back. Throws the driver's exceptions.
std::vector<RatingDelta> EraseRatings(pg::Transaction& tx, std::int64_t user_id);

// Deletes the ids of live events applied more than `age` ago, at most `limit`; returns how many.
Result<std::int64_t> ForgetAppliedEvents(pg::Pool& pool, std::chrono::hours age, int limit,
                                         Time deadline);

struct RatingProjectionConfig {
  std::string topic = std::string(kRatingsTopic);
  std::chrono::milliseconds transaction_timeout{30'000};
  // Runs in the batch's transaction when it has dead letters, to keep count of them; may be empty.
  std::function<Status(pg::Transaction&, std::span<const DeadLetterMessage>)> record_dead_letters =
      {};
};

struct RatingProjectionStats {
  std::int64_t events = 0;  // decoded and handed to the step, committed
  std::int64_t dead_letters = 0;
  std::map<std::string, std::int64_t> dead_letters_by_reason;
  StoredPositions positions;  // of the partitions that were ours, as last stored
};

class RatingProjection final : public kafka::BatchHandler {
 public:
  // Runs within the transaction that stores the positions; an error or exception rolls everything
  // back. It may run more than once for a batch that in the end commits once. Example: [](auto& tx,
  // auto changes) -> Status {
  //   const auto deltas = ApplyRatings(tx, changes); …update the aggregates by them… return {}; }
  using Step = std::function<Status(pg::Transaction& tx, std::span<const RatingChange> changes)>;
  // After the commit, with the batch's partitions as they are stored now; for metrics and for
  // waking waiting readers. May be empty.
  using Committed =
      std::function<void(const StoredPositions& stored, std::span<const RatingChange> changes)>;

  RatingProjection(pg::Pool& pool, DeadLetterSink dead_letters, Step step,
                   RatingProjectionConfig config = {}, Committed committed = {});

  Result<LogPositions> LoadPositions(const std::vector<std::int32_t>& partitions) override;
  Status Apply(const kafka::Batch& batch, const LogPositions& expected,
               const LogPositions& next) override;
  Status Move(const LogPosition& from, std::int64_t to, kafka::Moved why) override;

  RatingProjectionStats Stats() const;  // any thread

 private:
  void Remember(const StoredPositions& stored);

  pg::Pool& pool_;
  DeadLetterSink dead_letters_;
  Step step_;
  RatingProjectionConfig config_;
  Committed committed_;
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace marquee::ratings
