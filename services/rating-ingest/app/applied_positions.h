// How far the ratings' log is applied, and waiting for it: by which a read sees its caller's own
// writes, and an import goes no faster than it is applied.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include "base/call_context.h"
#include "metrics/metrics.h"
#include "rating-ingest/app/ports.h"
#include "ratings/position_waits.h"

namespace marquee::rating_ingest {

// Thread-safe. The writer in this process (if there is one) reports its progress; another's is
// found in the store.
class AppliedPositions {
 public:
  struct Options {
    std::chrono::milliseconds most_wait{1'000};
    // So many reads wait at once; further ones don't, so that they can't take the threads from
    // those that needn't wait.
    int most_waiting = 8;
  };

  AppliedPositions(RatingReader& reader, RatingLog& log, Options options,
                   metrics::Metrics& metrics);

  void Advance(const ratings::StoredPositions& stored);

  // Waits until everything before the call's positions is applied, at most `most_wait` and until
  // the deadline; when it isn't by then, or may not wait, the caller goes on with what is there.
  // Places in another log are no places here, and not waited for. InvalidArgument
  // "position_beyond_log".
  Status WaitFor(const CallContext& call);

  // Waits until no more than `most_behind` events before these ends aren't applied, or until
  // `until`.
  void AwaitNear(const Offsets& ends, std::int64_t most_behind, Time until);

 private:
  using PositionWait = ratings::PositionWait;
  Result<PositionWait> WaitForOne(const LogPosition& wanted, const CallContext& call);
  // Whether `reached`, which is asked under the lock, is true by then.
  bool Await(const std::function<bool()>& reached, Time until, std::chrono::milliseconds poll);
  bool Reached(const LogPosition& wanted) const;   // under the lock
  std::int64_t Behind(const Offsets& ends) const;  // under the lock

  RatingReader& reader_;
  RatingLog& log_;
  const Options options_;
  ratings::PositionWaits waits_;
  std::mutex mutex_;
  std::condition_variable advanced_;
  // By partition: which log (they are counted), and its first offset that isn't applied.
  std::map<std::int32_t, std::pair<std::int64_t, std::int64_t>> applied_;
};

}  // namespace marquee::rating_ingest
