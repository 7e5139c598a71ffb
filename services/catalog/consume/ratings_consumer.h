// The consumer of marquee.ratings.v1: keeps the audience's statistics up to date, exactly once.
#pragma once

#include <memory>

#include "base/result.h"
#include "kafka/group_consumer.h"
#include "metrics/metrics.h"
#include "pg/pool.h"
#include "ratings/rating_projection.h"

namespace marquee::catalog {

// Runs on threads of its own from construction to Stop(), through any outage of Kafka or the
// database: what it can't do now it does when they are back. Says so in the log and in the metrics
// marquee_catalog_consumer_* and marquee_catalog_applied_*.
//
// What can't be decoded is counted and logged here, and no more: rating-ingest's writer, which
// reads the same topic by the same rule, puts it into the dead letters.
class RatingsConsumer {
 public:
  // `step` applies a batch within the transaction that stores the offsets (store/rating_step.h).
  // `pool` and `metrics` outlive it; `metrics` must not serve any more when it is destroyed.
  RatingsConsumer(kafka::GroupConsumerConfig config, pg::Pool& pool,
                  ratings::RatingProjection::Step step, metrics::Metrics& metrics);
  ~RatingsConsumer();  // as Stop()
  // The batch under way is finished, the group left. Idempotent.
  void Stop();
  // Why nothing is being applied; OK when things move or are idle.
  Status Health() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace marquee::catalog
