// OAuth 2: applications ("clients", RFC 6749), what they may be given, and the rules by which codes
// and devices are judged. What a client was let do is a session of its person's (domain/session.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace marquee::auth {

inline constexpr std::size_t kMostRedirectUris = 20;
inline constexpr std::size_t kMostRedirectUriBytes = 1000;
inline constexpr int kMostOAuthClients = 100;  // of one account

// InvalidArgument, with a word of the standards for a reason.
Error OAuthError(std::string word, std::string description);

enum class GrantType { kAuthorizationCode, kRefreshToken, kClientCredentials, kDeviceCode };
using GrantTypes = std::set<GrantType>;
using ScopeList = std::vector<std::string>;  // in the order of rules/scope.h, each once

std::string_view Name(GrantType type);
std::optional<GrantType> FindGrantType(std::string_view name);

struct OAuthClient {
  std::int64_t number = 0;  // in the order in which they were registered
  std::string id;
  std::optional<std::int64_t> owner = {};  // whose account it goes with; nullopt: came with Marquee
  std::string name;
  std::string secret_hash = {};  // SHA-256; empty: a public client, which can keep none
  std::vector<std::string> redirect_uris = {};
  ScopeList scopes = {};
  GrantTypes grant_types = {};
  Time created_at = {};

  bool confidential() const { return !secret_hash.empty(); }
  // To the letter; but on a loopback address any port will do (RFC 8252, section 7.3).
  bool HasRedirectUri(std::string_view uri) const;
  bool MayAskFor(const ScopeList& wanted) const;

  friend bool operator==(const OAuthClient&, const OAuthClient&) = default;
};

// One to 100 characters in one line, all of which can be seen. InvalidArgument
// "client_name_malformed".
Result<std::string> MakeClientName(std::string_view text);
// Each once. InvalidArgument "redirect_uri_malformed", "redirect_uris_too_many": an absolute URI
// without a fragment; https, http on a loopback address, or a scheme with a dot in it, as
// applications have them that are no web sites (RFC 8252, section 7.1).
Result<std::vector<std::string>> ParseRedirectUris(std::span<const std::string> uris);
// InvalidArgument "scope_unknown", "scopes_missing".
Result<ScopeList> ParseClientScopes(std::span<const std::string> names);
// InvalidArgument "grant_type_unknown", "grant_types_missing".
Result<GrantTypes> ParseGrantTypes(std::span<const std::string> names);
// Whether these go together. InvalidArgument "redirect_uris_missing", "grant_type_not_allowed".
Status CheckClient(const OAuthClient& client, bool confidential);

// A parameter `scope` (RFC 6749, section 3.3). InvalidArgument "invalid_scope"; an empty one is no
// scopes.
Result<ScopeList> ParseScopeText(std::string_view text);
std::string ScopeText(const ScopeList& scopes);
bool IsWithin(const ScopeList& scopes, const ScopeList& bounds);
ScopeList Common(const ScopeList& a, const ScopeList& b);

// Whether nobody but the owner of the site, or a program on the same machine that has the secret,
// can be behind the address: a public client elsewhere may be any program (RFC 8252, section 8.6).
bool ProvesItself(const OAuthClient& client, std::string_view redirect_uri);
// What a page's form may lead to, as Content-Security-Policy writes it: "https://club.example".
std::string SourceOf(std::string_view redirect_uri);

// --- codes

inline constexpr std::chrono::seconds kCodeLifetime{60};

struct AuthorizationCode {
  std::string client_id;
  std::int64_t user_id = 0;
  std::string session_id;  // of the browser in which it was allowed
  std::string redirect_uri;
  ScopeList scopes;
  std::string nonce;
  std::string challenge;  // RFC 7636, S256
  Time authenticated_at;
  Time expires_at;
  std::string grant_id = {};  // the session that it was redeemed for; empty: not yet

  friend bool operator==(const AuthorizationCode&, const AuthorizationCode&) = default;
};

enum class CodeVerdict {
  kRedeem,
  kUnknown,
  kExpired,
  kEnded,     // the browser's session has, or somebody ended all of that person's
  kReplayed,  // end what it was redeemed for (RFC 6749, section 4.1.2)
};
CodeVerdict JudgeCode(const std::optional<AuthorizationCode>& code, bool session_ended, Time now);

// --- devices (RFC 8628)

inline constexpr std::chrono::seconds kDeviceLifetime{std::chrono::minutes{10}};
inline constexpr std::chrono::seconds kDeviceInterval{5};
inline constexpr int kMostDevices = 10'000;  // of one client, at the same time

enum class DeviceState { kPending, kAllowed, kDenied, kSpent };
std::string_view Name(DeviceState state);

struct DeviceRequest {
  std::string client_id;
  ScopeList scopes;
  Time expires_at;
  std::chrono::seconds interval = kDeviceInterval;
  std::optional<Time> polled_at = {};
  DeviceState state = DeviceState::kPending;
  std::int64_t user_id = 0;  // who decided; 0: nobody yet
  Time authenticated_at = {};

  friend bool operator==(const DeviceRequest&, const DeviceRequest&) = default;
};

enum class DeviceVerdict { kRedeem, kPending, kSlowDown, kDenied, kExpired, kUnknown };
// For who asks now; `session_ended` is of the browser in which it was decided. kSlowDown lengthens the interval by kDeviceInterval (section 3.5).
DeviceVerdict JudgeDevice(const std::optional<DeviceRequest>& device, bool session_ended, Time now);

// What people type: of 20 consonants, so that no words come about; without regard to case, blanks
// and what else stands between. nullopt for what can't be one.
inline constexpr std::string_view kUserCodeLetters = "BCDFGHJKLMNPQRSTVWXZ";
inline constexpr std::size_t kUserCodeLength = 8;
std::optional<std::string> ParseUserCode(std::string_view typed);
std::string ShowUserCode(std::string_view code);  // "WDJB-MJHT"

// --- what a client was let do

struct Grant {
  std::string session_id;
  std::int64_t user_id = 0;
  std::string client_id;
  ScopeList scopes;
  Time authenticated_at;
  bool spent = false;  // the refresh token that it was found by

  friend bool operator==(const Grant&, const Grant&) = default;
};

}  // namespace marquee::auth
