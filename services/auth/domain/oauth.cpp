#include "auth/domain/oauth.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "base/unicode.h"
#include "rules/scope.h"

namespace marquee::auth {
namespace {

constexpr std::array<std::pair<GrantType, std::string_view>, 4> kGrantTypes = {{
    {GrantType::kAuthorizationCode, "authorization_code"},
    {GrantType::kRefreshToken, "refresh_token"},
    {GrantType::kClientCredentials, "client_credentials"},
    {GrantType::kDeviceCode, "urn:ietf:params:oauth:grant-type:device_code"},
}};

// Both lists, the person's identity first.
ScopeList AllScopes() {
  ScopeList all;
  for (const auto& scope : rules::kIdentityScopes) all.emplace_back(scope.name);
  for (const auto& scope : rules::kScopes) all.emplace_back(scope.name);
  return all;
}

std::string Joined(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : std::string(between)) + word;
  return text;
}

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

// Of all scopes those that `has` has.
template <typename Has>
ScopeList InOrder(const Has& has) {
  ScopeList scopes = AllScopes();
  std::erase_if(scopes, [&](const std::string& name) { return !has(name); });
  return scopes;
}

bool Contains(const ScopeList& list, std::string_view name) {
  return std::ranges::find(list, name) != list.end();
}

// A URI taken apart as far as the rules need it (RFC 3986).
struct Uri {
  std::string_view scheme;
  std::string_view host;  // with brackets, if it is IPv6's
  std::string_view port;  // with its colon; may be empty
  std::string_view rest;  // path and query
  bool has_authority = false;
};

bool IsScheme(std::string_view text) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !text.empty() && lower(text.front()) && std::ranges::all_of(text, [&](char c) {
    return lower(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
}

bool IsPort(std::string_view text) {
  return text.empty() ||
         (text.front() == ':' && text.size() <= 6 &&
          std::ranges::all_of(text.substr(1), [](char c) { return c >= '0' && c <= '9'; }));
}

// nullopt also for what the rules have no use for: user information, a fragment, what isn't
// printable ASCII, or what a browser would mend.
std::optional<Uri> ParseUri(std::string_view text) {
  constexpr std::string_view kNever = "\"<>\\^`{|}#*";
  const bool plain = std::ranges::all_of(
      text, [&](char c) { return c > ' ' && c < 0x7F && kNever.find(c) == kNever.npos; });
  const auto colon = text.find(':');
  if (!plain || text.size() > kMostRedirectUriBytes || colon == text.npos) return std::nullopt;
  Uri uri;
  uri.scheme = text.substr(0, colon);
  if (!IsScheme(uri.scheme)) return std::nullopt;
  text.remove_prefix(colon + 1);
  if (!text.starts_with("//")) {
    uri.rest = text;
    return uri.rest.empty() ? std::nullopt : std::optional(uri);
  }
  text.remove_prefix(2);
  const std::string_view authority = text.substr(0, text.find_first_of("/?"));
  uri.rest = text.substr(authority.size());
  uri.has_authority = true;
  if (authority.find('@') != authority.npos) return std::nullopt;
  const auto bracket = authority.rfind(']');
  const auto port = authority.find(':', bracket == authority.npos ? 0 : bracket);
  uri.host = authority.substr(0, port);
  uri.port = port == authority.npos ? std::string_view() : authority.substr(port);
  return IsPort(uri.port) ? std::optional(uri) : std::nullopt;
}

bool IsLoopbackAddress(std::string_view host) { return host == "127.0.0.1" || host == "[::1]"; }

bool IsHost(std::string_view host) {
  return !host.empty() && std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '[' ||
           c == ']' || c == ':';
  });
}

bool MayBeRegistered(const Uri& uri) {
  if (uri.scheme == "https") return uri.has_authority && IsHost(uri.host);
  if (uri.scheme == "http")
    return uri.has_authority && (IsLoopbackAddress(uri.host) || uri.host == "localhost");
  return uri.scheme.find('.') != uri.scheme.npos;
}

}  // namespace

Error OAuthError(std::string word, std::string description) {
  return Error::InvalidArgument(std::move(word), std::move(description));
}

std::string_view Name(GrantType type) {
  return std::ranges::find(kGrantTypes, type, &std::pair<GrantType, std::string_view>::first)
      ->second;
}

std::optional<GrantType> FindGrantType(std::string_view name) {
  for (const auto& [type, known] : kGrantTypes) {
    if (known == name) return type;
  }
  return std::nullopt;
}

bool OAuthClient::HasRedirectUri(std::string_view uri) const {
  const auto given = ParseUri(uri);
  if (!given) return false;
  return std::ranges::any_of(redirect_uris, [&](const std::string& registered) {
    if (registered == uri) return true;
    const auto known = ParseUri(registered);
    return known && known->scheme == "http" && IsLoopbackAddress(known->host) &&
           given->scheme == "http" && given->has_authority && given->host == known->host &&
           given->rest == known->rest;
  });
}

bool OAuthClient::MayAskFor(const ScopeList& wanted) const { return IsWithin(wanted, scopes); }

Result<std::string> MakeClientName(std::string_view text) {
  text = Trimmed(text);
  if (text.empty() || CodePoints(text) > 100 || HasControls(text) || !IsVisible(text) ||
      HasHidden(text)) {
    return Error::InvalidArgument("client_name_malformed",
                                  "An application's name is one line of 1 to 100 characters, all "
                                  "of which can be seen.",
                                  "name");
  }
  return std::string(text);
}

Result<std::vector<std::string>> ParseRedirectUris(std::span<const std::string> uris) {
  if (uris.size() > kMostRedirectUris) {
    return Error::InvalidArgument(
        "redirect_uris_too_many",
        "An application has at most " + std::to_string(kMostRedirectUris) + " redirect URIs.",
        "redirect_uris");
  }
  std::vector<std::string> parsed;
  for (std::size_t i = 0; i < uris.size(); ++i) {
    const auto uri = ParseUri(uris[i]);
    if (!uri || !MayBeRegistered(*uri)) {
      return Error::InvalidArgument(
          "redirect_uri_malformed",
          "A redirect URI is an absolute https URI without a fragment, http on 127.0.0.1, [::1] or "
          "localhost, or has a scheme of the application's own, as in com.example.app:/callback.",
          "redirect_uris[" + std::to_string(i) + "]");
    }
    if (!Contains(parsed, uris[i])) parsed.push_back(uris[i]);
  }
  return parsed;
}

Result<ScopeList> ParseClientScopes(std::span<const std::string> names) {
  if (names.empty())
    return Error::InvalidArgument("scopes_missing", "An application has at least one scope.",
                                  "scopes");
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (rules::FindTokenScope(names[i]) != nullptr) continue;
    return Error::InvalidArgument(
        "scope_unknown", "There is no such scope: scopes are " + Joined(AllScopes(), ", ") + ".",
        "scopes[" + std::to_string(i) + "]");
  }
  return InOrder([&](const std::string& name) { return std::ranges::count(names, name) > 0; });
}

Result<GrantTypes> ParseGrantTypes(std::span<const std::string> names) {
  if (names.empty())
    return Error::InvalidArgument("grant_types_missing",
                                  "An application has at least one grant type.", "grant_types");
  GrantTypes types;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto type = FindGrantType(names[i]);
    if (!type) {
      return Error::InvalidArgument("grant_type_unknown", "There is no such grant type.",
                                    "grant_types[" + std::to_string(i) + "]");
    }
    types.insert(*type);
  }
  return types;
}

Status CheckClient(const OAuthClient& client, bool confidential) {
  if (client.grant_types.contains(GrantType::kAuthorizationCode) && client.redirect_uris.empty()) {
    return Error::InvalidArgument("redirect_uris_missing",
                                  "authorization_code needs a redirect URI.", "redirect_uris");
  }
  if (client.grant_types.contains(GrantType::kClientCredentials) && !confidential) {
    return Error::InvalidArgument("grant_type_not_allowed",
                                  "client_credentials is for confidential applications.",
                                  "grant_types");
  }
  return {};
}

Result<ScopeList> ParseScopeText(std::string_view text) {
  const std::vector<std::string> names = Words(text);
  for (const auto& name : names) {
    if (rules::FindTokenScope(name) == nullptr)
      return OAuthError("invalid_scope", "There is no scope " + PrintableAscii(name, 32) +
                                             ": scopes are " + Joined(AllScopes(), ", ") + ".");
  }
  return InOrder([&](const std::string& name) { return Contains(names, name); });
}

std::string ScopeText(const ScopeList& scopes) { return Joined(scopes, " "); }

bool IsWithin(const ScopeList& scopes, const ScopeList& bounds) {
  return std::ranges::all_of(scopes, [&](const auto& name) { return Contains(bounds, name); });
}

ScopeList Common(const ScopeList& a, const ScopeList& b) {
  return InOrder([&](const std::string& name) { return Contains(a, name) && Contains(b, name); });
}

bool ProvesItself(const OAuthClient& client, std::string_view redirect_uri) {
  return client.confidential() || redirect_uri.starts_with("https:");
}

std::string SourceOf(std::string_view redirect_uri) {
  const auto uri = ParseUri(redirect_uri);
  if (!uri) return "'none'";
  std::string source = std::string(uri->scheme) + ":";
  // Content-Security-Policy has no way to write an address of IPv6: the scheme must do.
  if (uri->has_authority && IsHost(uri->host) && !uri->host.starts_with('['))
    source += "//" + std::string(uri->host) + std::string(uri->port);
  return source;
}

CodeVerdict JudgeCode(const std::optional<AuthorizationCode>& code, bool session_ended, Time now) {
  if (!code) return CodeVerdict::kUnknown;
  // However old it is: whoever comes second shows that somebody else has it.
  if (!code->grant_id.empty()) return CodeVerdict::kReplayed;
  if (now >= code->expires_at) return CodeVerdict::kExpired;
  return session_ended ? CodeVerdict::kEnded : CodeVerdict::kRedeem;
}

std::string_view Name(DeviceState state) {
  switch (state) {
    case DeviceState::kPending: return "pending";
    case DeviceState::kAllowed: return "allowed";
    case DeviceState::kDenied: return "denied";
    case DeviceState::kSpent: return "spent";
  }
  return "";
}

DeviceVerdict JudgeDevice(const std::optional<DeviceRequest>& device, bool session_ended,
                          Time now) {
  if (!device || device->state == DeviceState::kSpent) return DeviceVerdict::kUnknown;
  if (now >= device->expires_at) return DeviceVerdict::kExpired;
  if (device->state == DeviceState::kDenied || session_ended) return DeviceVerdict::kDenied;
  if (device->polled_at && now < *device->polled_at + device->interval)
    return DeviceVerdict::kSlowDown;
  return device->state == DeviceState::kAllowed ? DeviceVerdict::kRedeem : DeviceVerdict::kPending;
}

std::optional<std::string> ParseUserCode(std::string_view typed) {
  std::string code;
  for (const char c : typed) {
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (kUserCodeLetters.find(upper) != kUserCodeLetters.npos) {
      code += upper;
    } else if (c != ' ' && c != '-' && c != '.') {
      return std::nullopt;
    }
  }
  return code.size() == kUserCodeLength ? std::optional(code) : std::nullopt;
}

std::string ShowUserCode(std::string_view code) {
  return std::string(code.substr(0, kUserCodeLength / 2)) + "-" +
         std::string(code.substr(kUserCodeLength / 2));
}

}  // namespace marquee::auth
