// Waiting until a reader has come as far as its caller's own writes: how many may, and what came of
// it. The same in every service that waits (docs/adr/0202).
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/gate.h"
#include "base/log_position.h"
#include "base/result.h"
#include "metrics/metrics.h"

namespace marquee::ratings {

// The name of the log of ratings in a Position ("ratings:3:1042").
inline constexpr std::string_view kStream = "ratings";

// What came of one request's positions.
enum class PositionWait {
  kReached,     // it was there already
  kAwaited,     // it was waited for
  kTimedOut,    // it did not come in time: the answer may lack the write
  kTurnedAway,  // too many wait already: the answer may lack the write
  kElsewhere,   // it is no place in this log but in another one: nothing to wait for
  kRefused,     // the log ends before it
  kUnread,      // the log isn't being read: the database is asked
};

class PositionWaits {
 public:
  // Metrics are marquee_<service>_position_wait…
  PositionWaits(metrics::Metrics& metrics, const std::string& service, int most_waiting);

  Gate& gate() { return gate_; }
  void Count(PositionWait outcome) { outcomes_[static_cast<std::size_t>(outcome)].Increment(); }
  void Waited(double seconds) { seconds_.Observe(seconds); }

 private:
  Gate gate_;
  std::array<metrics::Counter, 7> outcomes_;
  metrics::Histogram seconds_;
};

// InvalidArgument "position_beyond_log" (Marquee-Position): the log ends before this place, and
// nothing says that it is a place in another one.
Error BeyondTheLog(const LogPosition& position);

}  // namespace marquee::ratings
