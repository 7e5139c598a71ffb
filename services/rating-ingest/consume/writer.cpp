#include "rating-ingest/consume/writer.h"

namespace marquee::rating_ingest {
namespace {

ratings::RatingSteps Yielding(ratings::RatingSteps steps, const pg::Pool& people) {
  steps.courtesy = ratings::YieldTo(people);
  return steps;
}

}  // namespace

Writer::Writer(const WriterConfig& config, pg::Pool& pool, const pg::Pool& people,
               kafka::Producer& producer, AppliedPositions& applied, BatchSteps steps,
               metrics::Metrics& metrics)
    : erase_(std::move(steps.erase)),
      ratings_(config.consumer, pool,
               Yielding(WriterSteps(std::move(steps), config.consumer, producer, applied, metrics),
                        people),
               metrics),
      erasures_(config.erasures, pool, producer, erase_, metrics) {}

void Writer::Stop() {
  erasures_.Stop();
  ratings_.Stop();
}

}  // namespace marquee::rating_ingest
