// How far a partition was read, as a database has it, and what befell it.
#pragma once

#include <cstdint>
#include <map>

#include "base/clock.h"
#include "base/log_position.h"

namespace marquee::ratings {

struct StoredPosition {
  LogPosition position = {};
  // Since the table was made. The log's number, so to say, is other_logs: it counts up each time.
  std::int64_t lost_events = 0;  // that Kafka deleted before they were read
  Time lost_at{};                // the last time; the epoch: never
  std::int64_t other_logs =
      0;                // how often the partition was another log than the one that was read
  Time other_log_at{};  // the last time
};
using StoredPositions = std::map<std::int32_t, StoredPosition>;  // by partition

}  // namespace marquee::ratings
