// RatingLog and InteractionLog on Kafka.
#pragma once

#include <string>

#include "kafka/producer.h"
#include "metrics/metrics.h"
#include "rating_ingest/app/ports.h"

namespace marquee::rating_ingest {

inline constexpr std::string_view kInteractionsTopic = "marquee.interactions.v1";

class KafkaLog final : public RatingLog, public InteractionLog {
 public:
  KafkaLog(kafka::Producer& producer, metrics::Metrics& metrics,
           std::string topic = "marquee.ratings.v1");

  Result<LogPosition> Append(const RatingChange& change, Time deadline) override;
  void AppendAsync(const RatingChange& change, Acknowledged acknowledged) override;
  Result<std::int32_t> PartitionOf(std::int64_t user_id, Time deadline) override;
  Result<Offsets> EndOffsets(Time deadline) override;
  Status AppendInteractions(std::int64_t user_id, const std::vector<Interaction>& interactions,
                            const std::vector<Uuid>& ids, Time deadline) override;

 private:
  kafka::Producer& producer_;
  const std::string topic_;
  metrics::Histogram produce_duration_;
  metrics::Counter produce_failures_;
};

}  // namespace marquee::rating_ingest
