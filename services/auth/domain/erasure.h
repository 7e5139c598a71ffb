// Accounts that were deleted, and how far the erasure of all else is (docs/adr/0608).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace marquee::auth {

struct Confirmation {
  std::string service;
  std::optional<Time> confirmed_at = {};  // nullopt: not yet

  friend bool operator==(const Confirmation&, const Confirmation&) = default;
};

struct Erasure {
  // Nobody guesses it: whoever has it may see how far the erasure is.
  std::string erasure_id = {};
  std::int64_t user_id = 0;
  Time requested_at{};
  std::int64_t requested_by = 0;  // 0: not known
  std::optional<Time> completed_at = {};
  std::vector<Confirmation> confirmations = {};  // by the service's name

  friend bool operator==(const Erasure&, const Erasure&) = default;
};

// The sort key of a list of erasures, the latest first.
struct ErasureKey {
  Time requested_at{};
  std::int64_t user_id = 0;
};

}  // namespace marquee::auth
