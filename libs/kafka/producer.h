// An idempotent producer (acks=all): a message that was reported as delivered is on every in-sync
// replica, once.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kafka/types.h"

namespace marquee::kafka {

struct ProducerConfig {
  ClusterConfig cluster = {};
  std::string compression = "lz4";
  std::chrono::milliseconds linger{2};
  // A message that Kafka doesn't acknowledge within this is reported as failed.
  std::chrono::milliseconds delivery_timeout{10'000};
  int queue_messages = 200'000;  // accepted and not yet reported; beyond: "kafka_queue_full"
  int queue_kbytes = 131'072;
};

struct Outgoing {
  std::string topic = {};
  std::string key = {};
  std::string value = {};
  std::vector<Header> headers = {};  // traceparent goes here
  bool tombstone = false;            // without a value: a compacted topic forgets the key
};

// Thread-safe. Construction never blocks: brokers are found in the background.
class Producer {
 public:
  using Report = std::function<void(Result<LogPosition>)>;

  explicit Producer(ProducerConfig config);
  ~Producer();  // as Stop(delivery_timeout)

  // Queues the message. `report` gets the place right after it, is called exactly once, from the
  // producer's own thread (or the caller's when it can't be queued), and must not block. Errors:
  // Unavailable "kafka_queue_full" (nothing was sent; try again later), Unavailable
  // "kafka_unavailable" (it may or may not be in the log), Internal (larger than the cluster
  // takes).
  void ProduceAsync(Outgoing message, Report report);

  // Queues and waits for the report. When the deadline comes first: Unavailable
  // "kafka_unavailable", and the message may still arrive, so a repetition must carry the same
  // event id.
  // While every broker is known to be away it waits a quarter of a second only.
  Result<LogPosition> Produce(Outgoing message, Time deadline);

  // Queues all of them, in their order, and waits until each was reported (at most the delivery
  // timeout): the first error, or nothing.
  Status ProduceAll(std::vector<Outgoing> messages);
  // The same, but for `late` when the deadline comes first.
  Status ProduceAll(std::vector<Outgoing> messages, Time deadline, const Error& late);

  // Waits until all that was queued has been reported. DeadlineExceeded "kafka_unavailable"
  // otherwise.
  Status Flush(Time deadline);

  // How many partitions the topic has; asked again each minute, the last answer stands while Kafka
  // is away. Unavailable, or NotFound "topic_unknown".
  Result<std::int32_t> PartitionCount(const std::string& topic, Time deadline);
  // The offset that each partition's next message gets.
  Result<Offsets> EndOffsets(const std::string& topic, Time deadline);
  // Of one partition. NotFound "partition_unknown".
  Result<std::int64_t> EndOffset(const std::string& topic, std::int32_t partition, Time deadline);
  // Whether the partitions' leaders were reached once, and a broker answered lately: asks for
  // metadata if nothing was heard for a second (0.4 s at most).
  Status Health(const std::string& topic);

  // Refuses new messages and flushes. Idempotent.
  void Stop(Time deadline);

  std::int64_t queued() const;  // messages without a report yet

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace marquee::kafka
