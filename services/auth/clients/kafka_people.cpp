#include "auth/clients/kafka_people.h"

namespace marquee::auth {

Status KafkaPeople::Append(std::span<const people::PersonChange> changes) {
  std::vector<kafka::Outgoing> messages;
  for (const auto& change : changes)
    messages.push_back({.topic = topic_, .key = KeyOf(change), .value = Encode(change)});
  return producer_.ProduceAll(std::move(messages));
}

}  // namespace marquee::auth
