// JSON from outside, read strictly: the one place that knows where nlohmann's reader is lenient.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "base/result.h"

namespace marquee {

inline constexpr int kMostJsonDepth = 64;

// One JSON text (RFC 8259) and nothing beside it. InvalidArgument "json_malformed" also for what
// nlohmann would take: a NUL and whatever follows it (it ends reading there), a repeated key (of
// two it keeps the last; another reader the first), and containers nested deeper than `most_depth`.
// The message says which, in words that continue "The text …".
Result<nlohmann::json> ParseJson(std::string_view text, int most_depth = kMostJsonDepth);

}  // namespace marquee
