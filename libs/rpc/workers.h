// The threads that calls are handled on. For libs/rpc's own files.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "metrics/metrics.h"

namespace marquee::rpc {

// Carries work out in the order that it came, up to `running` at once, while `waiting` more may
// wait. Threads are started as they are needed and stay. gRPC's own threads, which read and write
// for all connections, only hand over: a handler may wait for a database, they may not.
// Thread-safe.
class Workers {
 public:
  using Work = std::function<void()>;

  Workers(int running, int waiting, metrics::Metrics& metrics);
  // Carries out what is still waiting.
  ~Workers();

  // False: too much waits already, and the work will not be done.
  [[nodiscard]] bool Post(Work work);
  // Counts a call that was refused for load.
  void CountRefused() { refused_.Increment(); }

  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
  }

 private:
  struct Sleeper {
    std::condition_variable woken;
    bool awake = false;
  };

  void Run();
  void Summon();  // with the lock held

  const std::size_t most_running_;
  const std::size_t most_waiting_;
  metrics::Counter refused_;
  mutable std::mutex mutex_;
  std::deque<Work> queue_;
  std::size_t at_work_ = 0;
  // The last to fall asleep is woken first: its stack and caches are warm.
  std::vector<Sleeper*> asleep_;
  // One at most is being woken or started, and it summons the next if there is more to do: a burst
  // is taken by few threads, with few wake-ups.
  bool summoned_ = false;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace marquee::rpc
