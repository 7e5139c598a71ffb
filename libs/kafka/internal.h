// For libs/kafka's own files: what touches librdkafka's types.
#pragma once

#include <librdkafka/rdkafkacpp.h>

#include <functional>
#include <memory>
#include <string>

#include "kafka/types.h"

namespace marquee::kafka {

Error Unavailable(std::string_view detail);  // "kafka_unavailable"

// To the log function; a syslog level.
void Log(int level, const std::string& client_id, const std::string& message);

// Milliseconds until the deadline, between 0 and `most`.
int MillisecondsLeft(Time deadline, int most);

// A librdkafka configuration with the cluster's properties. Set() throws std::invalid_argument for
// what librdkafka refuses: configuration is checked at start.
class Conf {
 public:
  explicit Conf(const ClusterConfig& cluster);
  void Set(const std::string& name, const std::string& value);
  template <typename Callback>
  void SetCallback(const std::string& name, Callback* callback) {
    std::string error;
    if (conf_->set(name, callback, error) != RdKafka::Conf::CONF_OK)
      throw std::invalid_argument(error);
  }
  RdKafka::Conf* get() { return conf_.get(); }

 private:
  std::unique_ptr<RdKafka::Conf> conf_;
};

// Hands librdkafka's log lines to the log function, and its errors to `on_error` (which may be
// empty).
class EventCallback final : public RdKafka::EventCb {
 public:
  EventCallback(std::string client_id, std::function<void(RdKafka::ErrorCode, bool fatal)> on_error)
      : client_id_(std::move(client_id)), on_error_(std::move(on_error)) {}
  void event_cb(RdKafka::Event& event) override;
  const std::string& client_id() const { return client_id_; }

 private:
  std::string client_id_;
  std::function<void(RdKafka::ErrorCode, bool)> on_error_;
};

// A consumer with its callbacks. Closes and destroys it, and waits no longer than a moment for
// that: librdkafka before 2.1.0 never comes back from destroying one whose topic was deleted (its
// issue 4187). One like that is left behind with its threads; it has left its group.
class Consumer {
 public:
  // std::invalid_argument for what librdkafka refuses. `rebalance` may be nullptr.
  Consumer(Conf conf, std::shared_ptr<EventCallback> events, RdKafka::RebalanceCb* rebalance);
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  RdKafka::KafkaConsumer* operator->() const { return consumer_.get(); }
  RdKafka::KafkaConsumer& operator*() const { return *consumer_; }

 private:
  std::shared_ptr<EventCallback> events_;
  std::unique_ptr<RdKafka::KafkaConsumer> consumer_;
};

Message ToMessage(RdKafka::Message& message);

// The partition count of a topic: Unavailable, or NotFound "topic_unknown". `any` is a producer or
// a consumer.
Result<std::int32_t> TopicPartitions(RdKafka::Handle& any, const std::string& topic, Time deadline);

// The offset of the first message that a partition still has, and the one that its next message
// gets. NotFound "partition_unknown", or Unavailable.
struct Bounds {
  std::int64_t low = 0;
  std::int64_t high = 0;
};
Result<Bounds> QueryBounds(RdKafka::Handle& any, const std::string& topic, std::int32_t partition,
                           Time deadline);

using Partitions = std::vector<RdKafka::TopicPartition*>;
struct DestroyPartitions {
  Partitions list;
  ~DestroyPartitions() { RdKafka::TopicPartition::destroy(list); }
};

}  // namespace marquee::kafka
