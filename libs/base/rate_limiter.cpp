#include "base/rate_limiter.h"

#include <algorithm>

namespace marquee {

Allowance RateLimiter::Take(const std::string& caller, const Quota& quota, TimePoint now) {
  const std::chrono::nanoseconds window = quota.window;
  const std::chrono::nanoseconds each = window / quota.requests;

  const std::lock_guard lock(mutex_);
  TimePoint* known = full_at_.Use(caller);
  const TimePoint full_at = known == nullptr ? now : std::max(*known, now);
  const TimePoint next = full_at + each;
  if (next - now > window) return {.until_full = full_at - now, .retry_after = next - window - now};
  if (known != nullptr) {
    *known = next;
  } else {
    full_at_.Put(caller, next);
    if (full_at_.size() > max_callers_) full_at_.TakeOldest();
  }
  return {.remaining = (window - (next - now)) / each, .until_full = next - now};
}

}  // namespace marquee
