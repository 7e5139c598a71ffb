// What the writer does with the ratings' log: applies it to PostgreSQL, puts aside what it can't,
// and tells how fresh it was.
#pragma once

#include <functional>
#include <span>

#include "erasures/erasure_consumer.h"
#include "kafka/producer.h"
#include "metrics/metrics.h"
#include "rating-ingest/app/applied_positions.h"
#include "ratings/rating_consumer.h"

namespace marquee::rating_ingest {

// What a batch's transaction does; the store's.
struct BatchSteps {
  ratings::RatingProjection::Step apply;
  std::function<Status(pg::Transaction&, std::span<const ratings::DeadLetterMessage>)>
      count_dead_letters;
  erasures::ErasureConsumer::Erase erase = {};  // the writer's alone
};

// `dead_letters` produces what can't be applied. All outlive the consumer that takes the steps.
ratings::RatingSteps WriterSteps(BatchSteps steps, const ratings::RatingConsumerConfig& config,
                                 kafka::Producer& dead_letters, AppliedPositions& applied,
                                 metrics::Metrics& metrics);

}  // namespace marquee::rating_ingest
