// How long to wait before trying again, and waiting.
#pragma once

#include <chrono>
#include <random>
#include <stop_token>

namespace marquee {

// Doubles from `least` to `most`. Not thread-safe.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds least, std::chrono::milliseconds most)
      : least_(least), most_(most), next_(least) {}

  // Before the next attempt; jittered down to half of it, so that many who lost the same thing
  // don't come back at the same moment.
  std::chrono::milliseconds Next();
  void Reset() { next_ = least_; }  // it worked

 private:
  std::chrono::milliseconds least_;
  std::chrono::milliseconds most_;
  std::chrono::milliseconds next_;
  std::minstd_rand random_{std::random_device{}()};
};

// False when `stop` was requested meanwhile, at once.
bool Pause(const std::stop_token& stop, std::chrono::nanoseconds duration);

}  // namespace marquee
