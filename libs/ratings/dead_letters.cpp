#include "ratings/dead_letters.h"

#include <google/protobuf/util/time_util.h>

#include <google/protobuf/timestamp.pb.h>

#include <vector>

#include "marquee/events/v1/events.pb.h"
#include "ratings/topics.h"

namespace marquee::ratings {
namespace {

constexpr std::size_t kMostDetailBytes = 500;

}  // namespace

DeadLetterSink KafkaDeadLetters(kafka::Producer& producer, std::string consumer,
                                std::string source_topic, const Clock& clock,
                                std::chrono::milliseconds timeout) {
  return [&producer, &clock, consumer = std::move(consumer), source_topic = std::move(source_topic),
          timeout](std::span<const DeadLetterMessage> messages) -> Status {
    std::vector<kafka::Outgoing> letters;
    for (const auto& one : messages) {
      events::v1::DeadLetter letter;
      letter.set_topic(source_topic);
      letter.set_partition(one.message->partition);
      letter.set_offset(one.message->offset);
      letter.set_key(one.message->key);
      letter.set_value(one.message->value);
      letter.set_reason(one.reason);
      letter.set_detail(one.detail.substr(0, kMostDetailBytes));
      letter.set_consumer(consumer);
      const auto now =
          std::chrono::duration_cast<std::chrono::microseconds>(clock.Now().time_since_epoch())
              .count();
      *letter.mutable_failed_at() = google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(now);
      kafka::Outgoing message{.topic = std::string(kDeadLettersTopic),
                              .key = one.message->key,
                              .value = letter.SerializeAsString()};
      if (!one.message->traceparent.empty()) {
        message.headers.push_back({"traceparent", one.message->traceparent});
      }
      letters.push_back(std::move(message));
    }
    return producer.ProduceAll(
        std::move(letters), SystemClock().Now() + timeout,
        Error::Unavailable("kafka_unavailable", "dead letters weren't acknowledged in time"));
  };
}

DeadLetterSink NoDeadLetters() {
  return [](std::span<const DeadLetterMessage>) { return Status(); };
}

}  // namespace marquee::ratings
