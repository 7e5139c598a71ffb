// What the readers of claims have in common. Internal to libs/token.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace marquee::token {

inline constexpr std::int64_t kLatestSecond = 9'000'000'000;  // beyond it, Time overflows

// nullptr: it isn't there, or no text.
inline const std::string* StringIn(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
}

// Claim `aud`, one or several (RFC 7519, section 4.1.3); nullopt: it isn't there, or isn't texts.
inline std::optional<std::vector<std::string>> AudienceIn(const nlohmann::json& object) {
  const auto found = object.find("aud");
  if (found == object.end()) return std::nullopt;
  if (found->is_string()) return std::vector{found->get<std::string>()};
  if (!found->is_array()) return std::nullopt;
  std::vector<std::string> audience;
  for (const auto& entry : *found) {
    if (!entry.is_string()) return std::nullopt;
    audience.push_back(entry.get<std::string>());
  }
  return audience;
}

}  // namespace marquee::token
