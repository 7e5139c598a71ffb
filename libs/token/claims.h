// What the readers of claims have in common. Internal to libs/token.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace marquee::token {

inline constexpr std::int64_t kLatestSecond = 9'000'000'000;  // beyond it, Time overflows

// nullptr: it isn't there, or no text.
const std::string* StringIn(const nlohmann::json& object, const char* name);

// Claim `aud`, one or several (RFC 7519, section 4.1.3); nullopt: it isn't there, or isn't texts.
std::optional<std::vector<std::string>> AudienceIn(const nlohmann::json& object);

}  // namespace marquee::token
