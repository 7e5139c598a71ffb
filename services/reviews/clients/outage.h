// How another service's silence is told to our callers.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"

namespace marquee::reviews {

// No answer, or none in time, is Unavailable with a reason that names who is missing; any other
// error passes through.
inline Error OutageOf(const std::string& service, Error error) {
  if (error.code != Code::kUnavailable && error.code != Code::kDeadlineExceeded) return error;
  return Error::Unavailable(service + "_unavailable",
                            "This needs a part of Marquee that doesn't answer: try again.");
}

// No other service is given more of the caller's time.
inline constexpr std::chrono::milliseconds kPatience{2'000};

}  // namespace marquee::reviews
