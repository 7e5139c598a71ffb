// marquee.people.v1: what has become of people since their tokens were issued. Bytes ⇄ values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace marquee::people {

inline constexpr std::string_view kPeopleTopic = "marquee.people.v1";
inline constexpr std::size_t kMostSessionIdBytes = 64;

struct PersonChange {
  std::int64_t user_id = 0;
  Time changed_at{};
  bool deleted = false;
  std::vector<std::string> roles = {};  // that they have now; of no meaning when deleted
  bool disabled = false;                // by an administrator
  // Not empty: only this session of theirs ended, at `changed_at`, and nothing else is said.
  std::string ended_session = {};

  friend bool operator==(const PersonChange&, const PersonChange&) = default;
};

// Of the account, or of the one session: neither takes the other's place in a compacted topic.
std::string KeyOf(const PersonChange& change);
std::string Encode(const PersonChange& change);
// InvalidArgument "undecodable".
Result<PersonChange> Decode(std::string_view value);

}  // namespace marquee::people
