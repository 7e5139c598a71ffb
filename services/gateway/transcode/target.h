// The request target (RFC 9112, section 3.2) taken apart: the path's segments, still encoded, and
// the query's pairs, decoded, in order, duplicates kept.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace marquee::gateway {

struct Target {
  std::vector<std::string_view> segments;  // of the raw target, which must outlive this
  std::vector<std::pair<std::string, std::string>> query;  // '+' is a space, as forms write it
};

inline constexpr std::size_t kMaxTargetBytes = 8192;
inline constexpr std::size_t kMaxQueryParameters = 500;

// INVALID_ARGUMENT for a target that isn't an absolute path, is too long or wrongly encoded.
Result<Target> ParseTarget(std::string_view raw);

// The pairs of an application/x-www-form-urlencoded body, as a query's. INVALID_ARGUMENT
// "malformed_form".
Result<std::vector<std::pair<std::string, std::string>>> ParseForm(std::string_view text);

// base/percent.h, in the words of a target.
Result<std::string> PercentDecode(std::string_view text, bool plus_is_space = false);

}  // namespace marquee::gateway
