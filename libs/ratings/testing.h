// For tests of what rating events become.
#pragma once

#include <cstdint>
#include <string>

#include "base/uuid.h"

namespace marquee::ratings {

// The same id for the same user and name, as an operation's is for its repetitions.
inline Uuid TestEventId(std::int64_t user_id, const std::string& name) {
  static const Uuid kTests = *Uuid::Parse("6f0e3c52-8d0b-4c1e-9a54-0d5f6f3f2aff");
  return Uuid::V5(kTests, std::to_string(user_id) + '/' + name);
}

}  // namespace marquee::ratings
