// Where messages go that can't be applied.
#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "kafka/producer.h"

namespace marquee::ratings {

struct DeadLetterMessage {
  const kafka::Message* message = nullptr;
  std::string reason;  // one of kDeadLetterReasons
  std::string detail;
};

// Returns once all are acknowledged. A port, for tests.
using DeadLetterSink = std::function<Status(std::span<const DeadLetterMessage>)>;

// Produces marquee.events.v1.DeadLetter messages to marquee.dead-letters.v1 with the original key.
DeadLetterSink KafkaDeadLetters(kafka::Producer& producer, std::string consumer,
                                std::string source_topic, const Clock& clock,
                                std::chrono::milliseconds timeout);

// For a consumer beside which another one, that reads the same topic by the same rule, keeps them.
DeadLetterSink NoDeadLetters();

}  // namespace marquee::ratings
