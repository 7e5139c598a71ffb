// The role `writer`: applies the ratings' log to PostgreSQL, and erases people from there.
#pragma once

#include "erasures/erasure_consumer.h"
#include "rating-ingest/consume/writer_steps.h"

namespace marquee::rating_ingest {

struct WriterConfig {
  ratings::RatingConsumerConfig consumer = {};
  erasures::ErasureConsumerConfig erasures = {};
};

class Writer {
 public:
  // `pool` is the writer's own, `people` what it yields to. All outlive it.
  Writer(const WriterConfig& config, pg::Pool& pool, const pg::Pool& people,
         kafka::Producer& producer, AppliedPositions& applied, BatchSteps steps,
         metrics::Metrics& metrics);
  // What is under way is finished. Idempotent.
  void Stop();
  // Why no rating is being applied.
  Status Health() const { return ratings_.Health(); }

 private:
  const erasures::ErasureConsumer::Erase erase_;
  ratings::RatingConsumer ratings_;
  erasures::ErasureConsumer erasures_;
};

}  // namespace marquee::rating_ingest
