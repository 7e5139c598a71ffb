// For a sender that must know what became of all that it sent asynchronously.
#pragma once

#include <condition_variable>
#include <limits>
#include <mutex>

#include "base/clock.h"
#include "base/result.h"

namespace marquee {

// Thread-safe; one thread waits. Where a report may come after the sender has gone, both hold it by
// shared_ptr.
class Acknowledgements {
 public:
  // One more is on its way. Before it is sent: a report may come at once.
  void Expect();
  // One has arrived, or failed. The first error is kept.
  void Report(const Status& status);

  // Until at most `most` are on their way; false when the deadline came first.
  bool WaitForAtMost(int most, Time deadline);
  // However long it takes.
  void WaitForAll();
  int on_their_way() const;
  // The first error that was reported.
  Status failure() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable reported_;
  int on_their_way_ = 0;
  int wake_at_ = std::numeric_limits<int>::min();  // what the waiting thread waits for
  Status failure_;
};

}  // namespace marquee
