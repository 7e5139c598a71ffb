// A member of a consumer group whose offsets live in the database that its batches change, so that
// a batch and its offsets are stored together or not at all.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kafka/types.h"

namespace marquee::kafka {

// Partition → messages in order, never empty.
using Batch = std::map<std::int32_t, std::vector<Message>>;

// The reason of the error by which Apply says that someone else has moved the offsets on (another
// member took the partition over): what was read is dropped and the offsets are loaded again.
inline constexpr const char* kOffsetsFenced = "offsets_fenced";

// Called from the consumer's thread only.
class BatchHandler {
 public:
  virtual ~BatchHandler() = default;
  // The next offset for each of these partitions, as stored; 0 for one that was never read.
  virtual Result<Offsets> LoadOffsets(const std::vector<std::int32_t>& partitions) = 0;
  // Applies the batch and stores `next` (the offset after the last message, for each partition of
  // the batch), both or neither. `expected` is what must be stored now. After any error the batch
  // is dropped, and after a back-off the offsets are loaded again and reading goes on from there:
  // nothing is skipped, and an unclear commit is cleared up by what is stored.
  virtual Status Apply(const Batch& batch, const Offsets& expected, const Offsets& next) = 0;
};

struct GroupConsumerConfig {
  ClusterConfig cluster = {};
  std::string group = {};
  std::string topic = {};
  std::string instance_id = {};  // Kafka's static membership; empty: dynamic
  int batch_messages = 10'000;
  std::chrono::milliseconds batch_wait{5};  // a batch that isn't full is handed over after this
  std::chrono::milliseconds session_timeout{10'000};
  std::chrono::milliseconds min_backoff{50};
  std::chrono::milliseconds max_backoff{5'000};
};

struct GroupConsumerStats {
  std::int64_t messages = 0;  // applied
  std::int64_t batches = 0;
  std::int64_t failures = 0;  // failed Apply or LoadOffsets
  std::int64_t fenced = 0;
  std::int64_t lost = 0;  // messages that Kafka deleted (retention) before they were read
  std::int64_t lag = -1;  // of the assigned partitions; −1 until known
  std::vector<std::int32_t> partitions;
};

class GroupConsumer {
 public:
  // Starts a thread; never blocks. `handler` outlives it.
  GroupConsumer(GroupConsumerConfig config, BatchHandler& handler);
  ~GroupConsumer();  // as Stop()

  // The batch being applied is finished (or given up if it fails), the group is left, the thread
  // joined. Idempotent.
  void Stop();

  GroupConsumerStats Stats() const;
  // The last error while the latest attempt (to connect, load or apply) failed; OK when things move
  // or are idle. FailedPrecondition "log_truncated": the database is ahead of the log (Kafka lost
  // it or the topic was made anew): the partition isn't read until a person decides.
  Status Health() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace marquee::kafka
