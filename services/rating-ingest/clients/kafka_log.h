// RatingLog and InteractionLog on Kafka.
#pragma once

#include <chrono>
#include <string>

#include "base/call_context.h"
#include "kafka/producer.h"
#include "metrics/metrics.h"
#include "rating-ingest/app/ports.h"
#include "ratings/topics.h"

namespace marquee::rating_ingest {

class KafkaLog final : public RatingLog, public InteractionLog {
 public:
  // A rating that isn't acknowledged within `timeout`, or a little before its call's deadline, is
  // answered with Unavailable.
  KafkaLog(kafka::Producer& producer, metrics::Metrics& metrics,
           std::string topic = std::string(ratings::kRatingsTopic),
           std::chrono::milliseconds timeout = std::chrono::milliseconds(3'000));

  Result<LogPosition> Append(const RatingChange& change, const CallContext& call) override;
  void AppendAsync(const RatingChange& change, Acknowledged acknowledged) override;
  Result<std::int32_t> PartitionOf(std::int64_t user_id, const CallContext& call) override;
  Result<Offsets> EndOffsets(const CallContext& call) override;
  Result<std::int64_t> EndOffset(std::int32_t partition, const CallContext& call) override;
  Status AppendInteractions(std::int64_t user_id, const std::vector<Interaction>& interactions,
                            const std::vector<Uuid>& ids, const CallContext& call) override;

 private:
  Time AnswerBy(Time deadline) const;

  kafka::Producer& producer_;
  const std::string topic_;
  const std::chrono::milliseconds timeout_;
  metrics::Histogram produce_duration_;
  metrics::Counter produce_failures_;
};

}  // namespace marquee::rating_ingest
