#include "auth/domain/account.h"

#include <array>

#include "base/text.h"
#include "base/unicode.h"

namespace marquee::auth {

std::string_view Name(Role role) {
  switch (role) {
    case Role::kUser: return "user";
    case Role::kCurator: return "curator";
    case Role::kAdministrator: return "administrator";
  }
  return "";
}

std::vector<std::string> Names(const Roles& roles) {
  std::vector<std::string> names;
  for (const Role role : roles) names.emplace_back(Name(role));
  return names;
}

Result<Roles> ParseRoles(std::span<const std::string> names) {
  constexpr std::array kAll = {Role::kUser, Role::kCurator, Role::kAdministrator};
  if (names.empty()) {
    return Error::InvalidArgument("roles_missing", "An account has at least one role.", "roles");
  }
  Roles roles;
  for (std::size_t i = 0; i < names.size(); ++i) {
    bool known = false;
    for (const Role role : kAll) {
      if (Name(role) != names[i]) continue;
      roles.insert(role);
      known = true;
    }
    if (!known) {
      return Error::InvalidArgument(
          "role_unknown",
          "There is no role \"" + names[i] + "\": roles are user, curator and administrator.",
          "roles[" + std::to_string(i) + "]");
    }
  }
  return roles;
}

Result<std::string> MakeDisplayName(std::string_view text) {
  text = Trimmed(text);
  const bool seen = text.empty() || (IsVisible(text) && !HasHidden(text));
  if (CodePoints(text) > 100 || HasControls(text) || !seen) {
    return Error::InvalidArgument(
        "display_name_malformed",
        "A display name is one line of at most 100 characters, all of which can be seen.",
        "display_name");
  }
  return std::string(text);
}

}  // namespace marquee::auth
