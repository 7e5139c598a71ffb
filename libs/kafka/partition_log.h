// Reads every partition of a topic in order, in every replica of a service (no consumer group):
// what a service keeps in memory (the recommender's histories, the model announcements).
//
// When Kafka has another log by that name, or more partitions, that is noticed within a second or
// two, and what is there is read (docs/adr/0201).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "kafka/types.h"

namespace marquee::kafka {

inline constexpr std::int64_t kFromBeginning = -2;
inline constexpr std::int64_t kFromEnd = -1;

struct PartitionLogConfig {
  ClusterConfig cluster = {};
  std::string topic = {};
  // Where another log, or a new partition, is read from: so many messages before its end, or its
  // beginning.
  std::int64_t again_messages = std::numeric_limits<std::int64_t>::max();
  std::chrono::milliseconds check_every{1'000};  // whether it is the same log
};

// What came of waiting for a position.
enum class Awaited {
  kReached,    // everything before it was handled
  kLate,       // not in time
  kElsewhere,  // it is no place in this log, which ends before it, but one in another
  kBeyond,     // the log ends before it, and it names no log
  kUnread,     // nothing is being read: Kafka is away
};

// One thread of its own calls everything that is passed in. Never blocks at construction; while
// Kafka is away it keeps trying.
class PartitionLog {
 public:
  // Where to start: an offset, kFromBeginning or kFromEnd for each of the partitions 0 … count−1;
  // one that isn't named is read from its beginning.
  // Asked again (with back-off) while it fails. An offset that Kafka no longer has becomes the
  // earliest one.
  using Start = std::function<Result<Offsets>(std::int32_t partition_count)>;
  // `after` is the place right after the message. Must not throw.
  using Handler = std::function<void(const Message&, const LogPosition& after)>;
  // The partition is read from this place on: at the start, and again when it is `another_log`,
  // which doesn't contain what was read before.
  using Began = std::function<void(const LogPosition& from, bool another_log)>;

  PartitionLog(PartitionLogConfig config, Start start, Handler handler, Began began = {});
  ~PartitionLog();  // stops and joins

  // The offset of the first message not yet handled; −1 until the partition is being read.
  std::int64_t Next(std::int32_t partition) const;
  // Blocks until everything before the position was handled, until the deadline, or at once when
  // that can't come: Kafka is asked, then, where its log ends (0.25 s at most). Any thread.
  Awaited WaitFor(const LogPosition& position, Time deadline) const;
  std::int32_t partition_count() const;  // 0 until known
  // Whether every partition has been read to the end that it had when reading (it, or the log that
  // took its place) began.
  bool caught_up() const;
  // Sum over the partitions of what Kafka has and was not handled, as last heard; below 0 while a
  // log ends before what was read; nullopt until known.
  std::optional<std::int64_t> Lag() const;
  // Whether it is read, and Kafka, asked every second or so, said last that it is still there. Never
  // blocks.
  bool followed() const;
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace marquee::kafka
