// What the recommender knows of a user's ratings, and the ports by which it learns of them.
#pragma once

#include <cstdint>
#include <vector>

#include "base/call_context.h"
#include "base/clock.h"
#include "base/log_position.h"
#include "base/result.h"

namespace marquee::recommender {

struct Rated {
  std::int64_t movie_id = 0;
  // 0.5 to 5.0; 0: rated so long ago that nothing is computed from it, and nothing known but that
  // the movie was rated.
  float value = 0;
  friend bool operator==(const Rated&, const Rated&) = default;
};

// A user's ratings as the database of ratings had them when every event before this place in the
// user's partition was applied to it, and none after.
struct StoredHistory {
  LogPosition position = {};
  std::vector<Rated> ratings = {};  // any order, no movie twice
};

// Reads histories from where they are kept. Any thread.
class HistorySource {
 public:
  virtual ~HistorySource() = default;
  // The caller's, as of the call's positions or later. DeadlineExceeded or Unavailable when the
  // database isn't that far in time.
  virtual Result<StoredHistory> Read(const CallContext& call) = 0;
};

// What came of waiting for a place in the log of live events.
enum class Reach {
  kReached,
  kLate,       // not in time
  kElsewhere,  // it is no place in this log but in another one
  kBeyond,     // the log ends before it, and it names no log
  kUnread,     // the log isn't being read
};

// How far the live events have been read. Any thread.
class RatingLog {
 public:
  virtual ~RatingLog() = default;
  virtual std::int32_t partitions() const = 0;  // 0 until known
  // The offset of the first event not yet applied; −1 while the partition isn't being read.
  virtual std::int64_t Next(std::int32_t partition) const = 0;
  // Until Next(position.partition) ≥ position.next_offset, the deadline, or it is known that this
  // can't come.
  virtual Reach WaitFor(const LogPosition& position, Time deadline) const = 0;
};

}  // namespace marquee::recommender
