// What an access token may be bound to: an API key's scopes, or an OAuth client's. They narrow what
// their person may do; the policies of the rpcs say which of them each takes (proto/marquee/options,
// `scopes`).
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
  std::string_view meaning;  // for whoever is asked to allow it: goes on "It may …"
  // The roles of a person that go with it, beside "user": the others are left behind.
  std::array<std::string_view, 2> roles;
};

inline constexpr std::array<Scope, 6> kScopes = {{
    {"read", "see your account, your ratings and your recommendations", {}},
    {"ratings:write", "rate movies, and take ratings back", {}},
    {"reviews:write", "write and change reviews", {}},
    {"catalog:write", "change the catalogue, as far as you may", {"curator", "administrator"}},
    {"models:read",
     "see models and training runs, as far as you may",
     {"curator", "administrator"}},
    {"models:admin", "train and promote models, as far as you may", {"administrator"}},
}};

// OpenID Connect's (Core, sections 5.4 and 11): for OAuth clients alone. Who somebody is, and for
// how long that is asked, is nothing that an API key's person need allow themselves.
inline constexpr std::array<Scope, 4> kIdentityScopes = {{
    {"openid", "know that it is you", {}},
    {"profile", "see your name", {}},
    {"email", "see your e-mail address", {}},
    {"offline_access", "do all this while you are away, until you end it", {}},
}};

constexpr const Scope* FindScope(std::string_view name) {
  const auto* const found = std::ranges::find(kScopes, name, &Scope::name);
  return found == kScopes.end() ? nullptr : found;
}

// Of either list: what a policy may name, and a token be bound to.
constexpr const Scope* FindTokenScope(std::string_view name) {
  const auto* const found = std::ranges::find(kIdentityScopes, name, &Scope::name);
  return found == kIdentityScopes.end() ? FindScope(name) : found;
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
