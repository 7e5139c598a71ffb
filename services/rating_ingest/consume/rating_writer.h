// The writer: applies the ratings' log to PostgreSQL, exactly once.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>

#include "kafka/group_consumer.h"
#include "kafka/producer.h"
#include "metrics/metrics.h"
#include "ratings/rating_projection.h"
#include "rating_ingest/app/applied_positions.h"

namespace marquee::rating_ingest {

// What a batch's transaction does; the store's.
struct BatchSteps {
  ratings::RatingProjection::Step apply;
  std::function<Status(pg::Transaction&, std::span<const ratings::DeadLetterMessage>)>
      count_dead_letters;
};

struct WriterConfig {
  kafka::GroupConsumerConfig consumer = {};
  std::chrono::hours remember_events{30 *
                                     24};  // ids of live events, by which repetitions are known
  std::chrono::milliseconds forget_every{600'000};
};

// Runs on threads of its own from construction to Stop().
class RatingWriter {
 public:
  // `dead_letters` produces what can't be applied. All outlive it.
  RatingWriter(WriterConfig config, pg::Pool& pool, BatchSteps steps, kafka::Producer& dead_letters,
               AppliedPositions& applied, metrics::Metrics& metrics);
  ~RatingWriter();
  // The batch under way is finished; then the group is left. Idempotent.
  void Stop();
  Status Health() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace marquee::rating_ingest
