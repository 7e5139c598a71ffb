// Time as a dependency: code that needs "now" takes a Clock, so that tests state the time.
#pragma once

#include <chrono>

namespace marquee {

using Time = std::chrono::system_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time Now() const = 0;  // UTC wall-clock time. Thread-safe.
};

// The machine's clock; lives for the whole program.
const Clock& SystemClock();

class ManualClock final : public Clock {  // for tests; not thread-safe to set while others read
 public:
  explicit ManualClock(Time now = Time{std::chrono::seconds{1'700'000'000}}) : now_(now) {}
  Time Now() const override { return now_; }
  void Set(Time now) { now_ = now; }
  void Advance(std::chrono::nanoseconds by) {
    now_ += std::chrono::duration_cast<Time::duration>(by);
  }

 private:
  Time now_;
};

}  // namespace marquee
