// How far the ratings' log is applied, and waiting for it: by which a read sees its caller's own
// writes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "rating_ingest/app/ports.h"

namespace marquee::rating_ingest {

// Thread-safe. The writer in this process (if there is one) reports its progress; another's is
// found in the store.
class AppliedPositions {
 public:
  AppliedPositions(RatingReader& reader, std::chrono::milliseconds most_wait)
      : reader_(reader), most_wait_(most_wait) {}

  void Advance(const Offsets& next);

  // Waits until the next offsets are at least `wanted`, at most `most_wait` and until the deadline.
  // False when they aren't: the caller goes on with what is there.
  bool WaitFor(const Offsets& wanted, Time deadline);

 private:
  bool Reached(const Offsets& wanted) const;  // under the lock

  RatingReader& reader_;
  const std::chrono::milliseconds most_wait_;
  std::mutex mutex_;
  std::condition_variable advanced_;
  Offsets next_;
};

}  // namespace marquee::rating_ingest
