// What an access token may be bound to: an API key's scopes. They narrow what its person may do;
// the policies of the rpcs say which of them each takes (proto/marquee/options, `scopes`).
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::rules {

struct Scope {
  std::string_view name;
  // The roles of a person that go with it, beside "user": the others are left behind.
  std::array<std::string_view, 2> roles;
};

inline constexpr std::array<Scope, 6> kScopes = {{
    {"read", {}},
    {"ratings:write", {}},
    {"reviews:write", {}},
    {"catalog:write", {"curator", "administrator"}},
    {"models:read", {"curator", "administrator"}},
    {"models:admin", {"administrator"}},
}};

constexpr const Scope* FindScope(std::string_view name) {
  const auto* const found = std::ranges::find(kScopes, name, &Scope::name);
  return found == kScopes.end() ? nullptr : found;
}

// Of `roles` those that some of `scopes` needs; "user" always.
inline std::vector<std::string> RolesWithin(std::vector<std::string> roles,
                                            std::span<const std::string> scopes) {
  std::erase_if(roles, [&](const std::string& role) {
    return role != "user" && std::ranges::none_of(scopes, [&](const std::string& name) {
             const Scope* scope = FindScope(name);
             return scope != nullptr && std::ranges::count(scope->roles, role) > 0;
           });
  });
  return roles;
}

}  // namespace marquee::rules
