// Lets a bounded number through at once, and a bounded number wait for a bounded time: hashing a
// password takes 64 MiB and a core.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "base/clock.h"
#include "base/result.h"

namespace marquee::auth {

struct HashGateLimits {
  int running = 2;
  int waiting = 8;
  std::chrono::milliseconds patience{2'000};
};

// Thread-safe.
class HashGate {
 public:
  explicit HashGate(HashGateLimits limits) : limits_(limits) {}

  // ResourceExhausted "too_many_sign_ins" when too many wait already or it took too long.
  Status Enter(Time deadline);
  void Leave();

 private:
  const HashGateLimits limits_;
  std::mutex mutex_;
  std::condition_variable freed_;
  int running_ = 0;
  int waiting_ = 0;
};

}  // namespace marquee::auth
