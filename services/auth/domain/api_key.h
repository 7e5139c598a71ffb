// API keys: what a program sends in the stead of its person's login. How one is written is in
// libs/rules/api_key.h, what its scopes are in libs/rules/scope.h.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/domain/account.h"
#include "auth/domain/network.h"
#include "base/clock.h"
#include "base/result.h"

namespace marquee::auth {

inline constexpr std::size_t kMostNetworks = 20;
inline constexpr int kMostApiKeys = 50;  // of one person

struct ApiKey {
  std::int64_t number = 0;  // in the order in which they were made
  std::string id;
  std::int64_t user_id = 0;
  std::string name;
  std::vector<std::string> scopes;
  std::vector<Network> networks;  // empty: from anywhere
  Time created_at = {};
  std::optional<Time> expires_at = {};
  std::optional<Time> last_used_at = {};
  std::string last_used_address = {};
  // Until when the secret of before the last rotation works.
  std::optional<Time> previous_expires_at = {};

  bool IsExpired(Time now) const { return expires_at && *expires_at <= now; }
  // Whether it may be used by who is there; an address that isn't known is in no network.
  bool AllowsAddress(std::string_view address) const;

  friend bool operator==(const ApiKey&, const ApiKey&) = default;
};

// What says that a key is the one, by the SHA-256 of its whole text.
struct ApiKeyHashes {
  std::string current;
  std::string previous;  // empty: there is none
};

// One to 100 characters in one line, all of which can be seen. InvalidArgument
// "api_key_name_malformed".
Result<std::string> MakeApiKeyName(std::string_view text);

// In the order of rules::kScopes, each once. InvalidArgument "scope_unknown", "scopes_missing".
Result<std::vector<std::string>> ParseScopes(std::span<const std::string> names);

// Each once. InvalidArgument "network_malformed", "networks_too_many".
Result<std::vector<Network>> ParseNetworks(std::span<const std::string> texts);

}  // namespace marquee::auth
