// PersonLog on Kafka.
#pragma once

#include <string>

#include "auth/app/person_publisher.h"
#include "kafka/producer.h"

namespace marquee::auth {

class KafkaPeople final : public PersonLog {
 public:
  // `producer` outlives it.
  explicit KafkaPeople(kafka::Producer& producer,
                       std::string topic = std::string(people::kPeopleTopic))
      : producer_(producer), topic_(std::move(topic)) {}
  Status Append(std::span<const people::PersonChange> changes) override;

 private:
  kafka::Producer& producer_;
  const std::string topic_;
};

}  // namespace marquee::auth
