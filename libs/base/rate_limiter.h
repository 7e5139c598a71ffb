// How many requests each caller may make: the generic cell rate algorithm (ITU-T I.371, annex A),
// which keeps one moment for each caller and lets the whole quota of a window go at once, and then
// as much as comes back.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "base/lru_map.h"

namespace marquee {

struct Quota {
  std::int64_t requests = 0;  // in each window; 0: as many as they like
  std::chrono::milliseconds window{10'000};
};

struct Allowance {
  std::int64_t remaining = 0;  // requests that may follow at once
  std::chrono::nanoseconds until_full{};
  std::optional<std::chrono::nanoseconds> retry_after = {};  // there: this request is one too many
};

// Thread-safe. Callers beyond `max_callers` are forgotten, the longest unseen first, and have all
// of their quota again.
class RateLimiter {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  explicit RateLimiter(std::size_t max_callers) : max_callers_(max_callers) {}
  // `quota` has requests. A refused request takes nothing from it.
  Allowance Take(const std::string& caller, const Quota& quota, TimePoint now);

 private:
  const std::size_t max_callers_;
  std::mutex mutex_;
  LruMap<std::string, TimePoint> full_at_;  // when all of the quota is there again
};

}  // namespace marquee
