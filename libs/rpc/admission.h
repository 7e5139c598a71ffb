// How many calls are handled at once. For libs/rpc's own files.
#pragma once

#include <condition_variable>
#include <list>
#include <mutex>

#include "base/clock.h"
#include "base/result.h"
#include "metrics/metrics.h"

namespace marquee::rpc {

// Lets `running` calls through at once, and `waiting` more wait for their turn, in the order that
// they came. Thread-safe.
class Admission {
 public:
  Admission(int running, int waiting, metrics::Metrics& metrics);

  // Until `deadline`. Unavailable "overloaded" when too many wait already, or the turn didn't come.
  Status Enter(Time deadline);
  void Leave();
  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }

 private:
  Error Overloaded();

  const int most_running_;
  const std::size_t most_waiting_;
  metrics::Counter refused_;
  mutable std::mutex mutex_;
  int running_ = 0;
  struct Turn {
    std::condition_variable came;
    bool ours = false;
  };
  std::list<Turn*> waiting_;  // the next first
};

}  // namespace marquee::rpc
