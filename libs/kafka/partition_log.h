// Reads every partition of a topic in order, in every replica of a service (no consumer group):
// what a service keeps in memory (the recommender's histories, the model announcements).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "kafka/types.h"

namespace marquee::kafka {

inline constexpr std::int64_t kFromBeginning = -2;
inline constexpr std::int64_t kFromEnd = -1;

struct PartitionLogConfig {
  ClusterConfig cluster = {};
  std::string topic = {};
};

// One thread of its own calls everything that is passed in. Never blocks at construction; while
// Kafka is away it keeps trying.
class PartitionLog {
 public:
  // Where to start: an offset, kFromBeginning or kFromEnd for each of the partitions 0 … count−1.
  // Asked again (with back-off) while it fails. An offset that Kafka no longer has becomes the
  // earliest one.
  using Start = std::function<Result<Offsets>(std::int32_t partition_count)>;
  using Handler = std::function<void(const Message&)>;  // must not throw

  PartitionLog(PartitionLogConfig config, Start start, Handler handler);
  ~PartitionLog();  // stops and joins

  // The offset of the first message not yet handled; −1 until the partition is being read.
  std::int64_t Next(std::int32_t partition) const;
  // Blocks until Next(position.partition) > position.offset, or the deadline: false. Any thread.
  bool WaitFor(const Position& position, Time deadline) const;
  std::int32_t partition_count() const;  // 0 until known
  // Whether every partition has once been read to the end that it had when reading began.
  bool caught_up() const;
  // Sum over the partitions of what Kafka has and was not handled, as last heard; −1 until known.
  std::int64_t Lag() const;
  // Unavailable "kafka_unavailable" while not assigned or no broker can be reached.
  Status Health() const;
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace marquee::kafka
