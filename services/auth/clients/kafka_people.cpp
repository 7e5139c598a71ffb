#include "auth/clients/kafka_people.h"

#include <memory>

#include "base/acknowledgements.h"

namespace marquee::auth {

Status KafkaPeople::Append(std::span<const people::PersonChange> changes) {
  const auto acknowledgements = std::make_shared<Acknowledgements>();
  for (const auto& change : changes) {
    acknowledgements->Expect();
    producer_.ProduceAsync({.topic = topic_, .key = KeyOf(change), .value = Encode(change)},
                           [acknowledgements](const Result<LogPosition>& result) {
                             acknowledgements->Report(result.ok() ? Status() : result.error());
                           });
  }
  // Each is reported within the producer's delivery_timeout.
  acknowledgements->WaitForAll();
  return acknowledgements->failure();
}

}  // namespace marquee::auth
