// A consumer in a group whose positions live in the application's database: what was read is
// applied and how far it was read is stored in one transaction, so that nothing is lost and nothing
// counts twice. Kafka's own committed offsets aren't used.
//
// A stored position belongs to one log. When Kafka has another one by that name (the topic was
// deleted and made anew, or lost its end and grew again), that is noticed before anything of it is
// applied, and it is read from its beginning: see docs/adr/0201.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kafka/types.h"

namespace marquee::kafka {

// Partition → messages in order, never empty.
using Batch = std::map<std::int32_t, std::vector<Message>>;

// The reason of the error by which Apply says that someone else has moved the positions on (another
// member took the partition over): what was read is dropped and the positions are loaded again.
inline constexpr const char* kOffsetsFenced = "offsets_fenced";

// Why reading goes on elsewhere than where it had come to.
enum class Moved {
  kEventsLost,  // Kafka deleted (retention) what follows before it was read
  kOtherLog,    // the log isn't the one that was read: all of it is read
};

// Called from the consumer's thread only.
class BatchHandler {
 public:
  virtual ~BatchHandler() = default;
  // The position of each of these partitions, as stored; next_offset 0 for one that was never read.
  virtual Result<LogPositions> LoadPositions(const std::vector<std::int32_t>& partitions) = 0;
  // Applies the batch and stores `next` (the place after the last message, for each partition of
  // the batch), both or neither. `expected` is what must be stored now. After any error the batch
  // is dropped, and after a back-off the positions are loaded again and reading goes on from there:
  // nothing is skipped, and an unclear commit is cleared up by what is stored.
  virtual Status Apply(const Batch& batch, const LogPositions& expected,
                       const LogPositions& next) = 0;
  // Stores that reading goes on at `to`, and remembers why, both or neither, if `from` is what is
  // stored now.
  virtual Status Move(const LogPosition& from, std::int64_t to, Moved why) = 0;
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
  std::chrono::milliseconds check_every{1'000};  // whether it is the same log, when nothing is read
  // How long to rest after a batch of so many messages, which took so long: for who leaves the
  // machine to others. At most a second counts. Empty: never.
  std::function<std::chrono::nanoseconds(std::size_t messages, std::chrono::nanoseconds took)>
      rest = {};
  // How many messages the next batch may have; `batch_messages` bounds it. Empty: as many.
  std::function<int()> next_batch = {};
};

struct GroupConsumerStats {
  std::int64_t messages = 0;  // applied
  std::int64_t batches = 0;
  std::int64_t failures = 0;  // failed Apply or LoadPositions
  std::int64_t fenced = 0;
  // Of the assigned partitions; below 0 while a log ends before what is stored; nullopt: not known.
  std::optional<std::int64_t> lag = std::nullopt;
  std::vector<std::int32_t> partitions = {};
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
  // or are idle. NotFound "topic_unknown" while there is no such topic.
  Status Health() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace marquee::kafka
