// API keys: what a program sends in the stead of its person's login. How one is written is in
// libs/rules/api_key.h, what its scopes are in libs/rules/scope.h.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/domain/account.h"
#include "base/clock.h"
#include "base/result.h"

namespace marquee::auth {

// An address or a network, IPv4 or IPv6. An IPv4 address that is written as IPv6 (::ffff:192.0.2.1,
// RFC 4291, section 2.5.5.2) is IPv4's, and so are networks of them.
class Network {
 public:
  // "192.0.2.7", "192.0.2.0/24", "2001:db8::/32". nullopt for anything else: leading zeros, a
  // prefix that is too long, bits beyond it, an interface's name.
  static std::optional<Network> Parse(std::string_view text);

  bool Contains(const Network& other) const;
  // As inet_ntop writes it (RFC 5952), with the prefix unless it is one address.
  std::string ToString() const;

  friend bool operator==(const Network&, const Network&) = default;

 private:
  int family_bits_ = 0;  // 32 or 128
  int prefix_ = 0;
  std::array<std::uint8_t, 16> bytes_{};  // an IPv4 address has the first four
};

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
