#include "token/claims.h"

#include <nlohmann/json.hpp>

namespace marquee::token {

const std::string* StringIn(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
}

std::optional<std::vector<std::string>> AudienceIn(const nlohmann::json& object) {
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
