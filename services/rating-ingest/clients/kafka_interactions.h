// InteractionReader on Kafka: a person's events are in one partition, among others'.
#pragma once

#include <string>

#include "kafka/producer.h"
#include "rating-ingest/app/ports.h"
#include "ratings/topics.h"

namespace marquee::rating_ingest {

class KafkaInteractions final : public InteractionReader {
 public:
  // `producer` knows how many partitions there are; it outlives this.
  KafkaInteractions(kafka::ClusterConfig cluster, kafka::Producer& producer,
                    std::string topic = std::string(ratings::kInteractionsTopic))
      : cluster_(std::move(cluster)), producer_(producer), topic_(std::move(topic)) {}

  Result<Page> Read(std::int64_t user_id, std::int64_t from, const CallContext& call) override;

 private:
  const kafka::ClusterConfig cluster_;
  kafka::Producer& producer_;
  const std::string topic_;
};

}  // namespace marquee::rating_ingest
