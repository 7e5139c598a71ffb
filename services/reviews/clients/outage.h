// How another service's silence is told to our callers.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace marquee::reviews {

// No answer, or none in time, is Unavailable with a reason that names who is missing; any other
// error passes through.
inline Error OutageOf(const std::string& service, Error error) {
  if (error.code != Code::kUnavailable && error.code != Code::kDeadlineExceeded) return error;
  return Error::Unavailable(service + "_unavailable",
                            "This needs a part of Marquee that doesn't answer: try again.");
}

// What is left of the caller's time, and no more than another service is given.
inline std::chrono::milliseconds Patience(Time deadline) {
  using std::chrono::milliseconds;
  constexpr milliseconds kMost{2'000};
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - SystemClock().Now());
  return std::clamp(left, milliseconds{0}, kMost);
}

}  // namespace marquee::reviews
