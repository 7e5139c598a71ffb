#include "base/backoff.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace marquee {

std::chrono::milliseconds Backoff::Next() {
  const auto pause = next_;
  next_ = std::min(next_ * 2, most_);
  return std::chrono::milliseconds(
      std::uniform_int_distribution<std::int64_t>(pause.count() / 2, pause.count())(random_));
}

bool Pause(const std::stop_token& stop, std::chrono::nanoseconds duration) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, duration, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace marquee
