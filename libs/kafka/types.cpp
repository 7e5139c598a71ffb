#include "kafka/types.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <future>
#include <stdexcept>
#include <thread>

#include "kafka/internal.h"

namespace marquee::kafka {
namespace {

void LogToStderr(int level, const std::string& client_id, const std::string& message) {
  std::fprintf(stderr, "kafka[%s] %d %s\n", client_id.c_str(), level, message.c_str());
}

std::atomic<LogFunction> log_function{LogToStderr};

constexpr std::chrono::seconds kDestroyPatience{3};

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

std::uint64_t Fingerprint(std::int64_t timestamp_ms, std::string_view key, std::string_view value) {
  std::string text;
  text.reserve(2 * sizeof(std::uint64_t) + key.size() + value.size());
  const auto append = [&text](std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) text.push_back(static_cast<char>(number >> shift));
  };
  append(static_cast<std::uint64_t>(timestamp_ms));
  append(key.size());
  text.append(key).append(value);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, sha256, nullptr);
  std::uint64_t fingerprint = 0;
  for (int i = 0; i < 8; ++i) fingerprint = fingerprint << 8 | digest[static_cast<std::size_t>(i)];
  return fingerprint == 0 ? 1 : fingerprint;
}

LogPosition After(const Message& message) {
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(message.timestamp.time_since_epoch());
  return {.partition = message.partition,
          .next_offset = message.offset + 1,
          .fingerprint = Fingerprint(ms.count(), message.key, message.value)};
}

void SetLogFunction(LogFunction function) { log_function = function; }

void Log(int level, const std::string& client_id, const std::string& message) {
  log_function.load()(level, client_id, message);
}

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
      Log(event.severity(), client_id_, event.fac() + " " + event.str());
      break;
    case RdKafka::Event::EVENT_ERROR:
      Log(event.fatal() ? 2 : 4, client_id_, RdKafka::err2str(event.err()) + ": " + event.str());
      if (on_error_) on_error_(event.err(), event.fatal());
      break;
    case RdKafka::Event::EVENT_STATS:
    case RdKafka::Event::EVENT_THROTTLE: break;
  }
}

Consumer::Consumer(Conf conf, std::shared_ptr<EventCallback> events,
                   RdKafka::RebalanceCb* rebalance)
    : events_(std::move(events)) {
  conf.SetCallback<RdKafka::EventCb>("event_cb", events_.get());
  if (rebalance != nullptr) conf.SetCallback<RdKafka::RebalanceCb>("rebalance_cb", rebalance);
  std::string error;
  consumer_.reset(RdKafka::KafkaConsumer::create(conf.get(), error));
  if (consumer_ == nullptr) throw std::invalid_argument(error);
}

Consumer::~Consumer() {
  consumer_->close();
  std::promise<void> destroyed;
  auto gone = destroyed.get_future();
  // Its threads log through the callback for as long as it lives.
  std::thread([consumer = std::move(consumer_), events = events_,
               destroyed = std::move(destroyed)]() mutable {
    consumer.reset();
    destroyed.set_value();
  }).detach();
  if (gone.wait_for(kDestroyPatience) != std::future_status::ready)
    Log(4, events_->client_id(), "a consumer of a deleted topic is left behind");
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
  } else {
    message.tombstone = true;
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
    if (one->partitions()->empty()) break;  // it is being deleted
    return static_cast<std::int32_t>(one->partitions()->size());
  }
  return Error::NotFound("topic_unknown", "the topic " + topic + " doesn't exist");
}

Result<Bounds> QueryBounds(RdKafka::Handle& any, const std::string& topic, std::int32_t partition,
                           Time deadline) {
  Bounds bounds;
  const auto code = any.query_watermark_offsets(topic, partition, &bounds.low, &bounds.high,
                                                MillisecondsLeft(deadline, 5'000));
  if (code == RdKafka::ERR_NO_ERROR) return bounds;
  if (code == RdKafka::ERR__UNKNOWN_PARTITION || code == RdKafka::ERR_UNKNOWN_TOPIC_OR_PART ||
      code == RdKafka::ERR__UNKNOWN_TOPIC) {
    return Error::NotFound("partition_unknown",
                           "the topic " + topic + " has no partition " + std::to_string(partition));
  }
  return Unavailable(RdKafka::err2str(code));
}

}  // namespace marquee::kafka
