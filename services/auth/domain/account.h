// People's accounts and what they may do.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace marquee::auth {

// Ids below belong to imported data sets.
inline constexpr std::int64_t kFirstUserId = 1'000'000'001;

enum class Role { kUser, kCurator, kAdministrator };
using Roles = std::set<Role>;

std::string_view Name(Role role);
std::vector<std::string> Names(const Roles& roles);
// InvalidArgument "role_unknown" that names the first that isn't one, "roles_missing" for none.
Result<Roles> ParseRoles(std::span<const std::string> names);

struct Account {
  std::int64_t user_id = 0;
  std::string email;
  std::string display_name;
  Roles roles;
  Time created_at;
  bool disabled = false;  // by an administrator: nobody signs in
  bool email_verified = false;
  bool second_factor = false;  // asked for at a sign-in

  // Whether it can act as one.
  bool IsAdministrator() const { return !disabled && roles.contains(Role::kAdministrator); }
  friend bool operator==(const Account&, const Account&) = default;
};

// Trimmed, at most 100 characters, in one line, none of them hidden; may be empty. InvalidArgument
// "display_name_malformed".
Result<std::string> MakeDisplayName(std::string_view text);

// Unauthenticated "account_gone": a token outlived its account.
inline Error AccountGone() {
  return Error::Unauthenticated("account_gone", "This account was deleted.");
}
// Unauthenticated "account_disabled".
inline Error AccountDisabled() {
  return Error::Unauthenticated("account_disabled", "An administrator disabled this account.");
}

}  // namespace marquee::auth
