#include "kafka/types.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <stdexcept>

#include "kafka/internal.h"

namespace marquee::kafka {
namespace {

void LogToStderr(int level, const std::string& client_id, const std::string& message) {
  std::fprintf(stderr, "kafka[%s] %d %s\n", client_id.c_str(), level, message.c_str());
}

std::atomic<LogFunction> log_function{LogToStderr};

// MurmurHash2 as org.apache.kafka.common.utils.Utils.murmur2 computes it.
std::uint32_t Murmur2(std::string_view data) {
  constexpr std::uint32_t kMultiplier = 0x5bd1e995;
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(data[i]));
  };
  std::uint32_t hash = 0x9747b28c ^ static_cast<std::uint32_t>(data.size());
  const std::size_t whole = data.size() / 4 * 4;
  for (std::size_t i = 0; i < whole; i += 4) {
    std::uint32_t k = byte(i) | byte(i + 1) << 8 | byte(i + 2) << 16 | byte(i + 3) << 24;
    k *= kMultiplier;
    k ^= k >> 24;
    k *= kMultiplier;
    hash *= kMultiplier;
    hash ^= k;
  }
  const std::size_t rest = data.size() - whole;
  if (rest == 3) hash ^= byte(whole + 2) << 16;
  if (rest >= 2) hash ^= byte(whole + 1) << 8;
  if (rest >= 1) {
    hash ^= byte(whole);
    hash *= kMultiplier;
  }
  hash ^= hash >> 13;
  hash *= kMultiplier;
  hash ^= hash >> 15;
  return hash;
}

}  // namespace

std::int32_t PartitionFor(std::string_view key, std::int32_t partition_count) {
  return static_cast<std::int32_t>((Murmur2(key) & 0x7fffffff) %
                                   static_cast<std::uint32_t>(partition_count));
}

void SetLogFunction(LogFunction function) { log_function = function; }

Error Unavailable(std::string_view detail) {
  return Error::Unavailable("kafka_unavailable", "the event log can't be reached; try again (" +
                                                     std::string(detail) + ")");
}

int MillisecondsLeft(Time deadline, int most) {
  if (deadline == Time::max()) return most;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SystemClock().Now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, most));
}

Conf::Conf(const ClusterConfig& cluster)
    : conf_(RdKafka::Conf::create(RdKafka::Conf::CONF_GLOBAL)) {
  for (const auto& [name, value] : cluster.properties) Set(name, value);
  Set("bootstrap.servers", cluster.brokers);
  Set("client.id", cluster.client_id);
  // Back after a restart of Kafka within a second rather than ten.
  Set("reconnect.backoff.ms", "50");
  Set("reconnect.backoff.max.ms", "1000");
  Set("socket.keepalive.enable", "true");
  Set("log.connection.close", "false");
}

void Conf::Set(const std::string& name, const std::string& value) {
  std::string error;
  if (conf_->set(name, value, error) != RdKafka::Conf::CONF_OK) throw std::invalid_argument(error);
}

void EventCallback::event_cb(RdKafka::Event& event) {
  switch (event.type()) {
    case RdKafka::Event::EVENT_LOG:
      log_function.load()(event.severity(), client_id_, event.fac() + " " + event.str());
      break;
    case RdKafka::Event::EVENT_ERROR:
      log_function.load()(event.fatal() ? 2 : 4, client_id_,
                          RdKafka::err2str(event.err()) + ": " + event.str());
      if (on_error_) on_error_(event.err(), event.fatal());
      break;
    case RdKafka::Event::EVENT_STATS:
    case RdKafka::Event::EVENT_THROTTLE: break;
  }
}

Message ToMessage(RdKafka::Message& from) {
  Message message;
  message.partition = from.partition();
  message.offset = from.offset();
  message.timestamp = Time(std::chrono::milliseconds(from.timestamp().timestamp));
  if (from.key_pointer() != nullptr) {
    message.key.assign(static_cast<const char*>(from.key_pointer()), from.key_len());
  }
  if (from.payload() != nullptr) {
    message.value.assign(static_cast<const char*>(from.payload()), from.len());
  }
  // Freed with the message.
  if (const RdKafka::Headers* headers = from.headers()) {
    const auto header = headers->get_last("traceparent");
    if (header.err() == RdKafka::ERR_NO_ERROR && header.value() != nullptr) {
      message.traceparent.assign(static_cast<const char*>(header.value()), header.value_size());
    }
  }
  return message;
}

Result<std::int32_t> TopicPartitions(RdKafka::Handle& any, const std::string& topic,
                                     Time deadline) {
  std::string error;
  const std::unique_ptr<RdKafka::Topic> handle(RdKafka::Topic::create(&any, topic, nullptr, error));
  if (handle == nullptr) return Error::Internal("kafka topic " + topic + ": " + error);
  RdKafka::Metadata* raw = nullptr;
  const auto code = any.metadata(false, handle.get(), &raw, MillisecondsLeft(deadline, 5'000));
  const std::unique_ptr<RdKafka::Metadata> metadata(raw);
  if (code != RdKafka::ERR_NO_ERROR) return Unavailable(RdKafka::err2str(code));
  for (const auto* one : *metadata->topics()) {
    if (one->topic() != topic) continue;
    if (one->err() == RdKafka::ERR_UNKNOWN_TOPIC_OR_PART) break;
    if (one->err() != RdKafka::ERR_NO_ERROR) return Unavailable(RdKafka::err2str(one->err()));
    return static_cast<std::int32_t>(one->partitions()->size());
  }
  return Error::NotFound("topic_unknown", "the topic " + topic + " doesn't exist");
}

}  // namespace marquee::kafka
