#include "token/jwt.h"

#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/digest.h"
#include "base/json.h"
#include "token/claims.h"
#include "token/es256.h"

namespace marquee::token {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostBytes = 8UL * 1024;
constexpr char kType[] = "JWT";
constexpr char kClientType[] = "at+jwt";  // RFC 9068, section 2.1

std::int64_t Seconds(Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

Time FromSeconds(std::int64_t seconds) { return Time{std::chrono::seconds{seconds}}; }

// A NumericDate of ours: whole seconds.
std::optional<std::int64_t> SecondIn(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  const auto value = found->get<std::uint64_t>();
  if (value > static_cast<std::uint64_t>(kLatestSecond)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

// A user's id in canonical decimal, or 0 for "service:<name>"; nullopt for anything else.
std::optional<std::int64_t> UserOf(std::string_view subject) {
  constexpr std::string_view kService = "service:";
  if (subject.starts_with(kService) && subject.size() > kService.size()) return 0;
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(subject.data(), subject.data() + subject.size(), id);
  if (error != std::errc{} || end != subject.data() + subject.size() || id <= 0) {
    return std::nullopt;
  }
  if (subject.front() == '0') return std::nullopt;
  return id;
}

// An optional claim that must be a string when it is there.
Result<std::string> OptionalString(const Json& object, const char* name) {
  if (!object.contains(name)) return std::string();
  const auto* text = StringIn(object, name);
  if (text == nullptr) return Invalid(std::string("claim ") + name + " isn't a string");
  return *text;
}

Status ReadRoles(const Json& object, std::vector<std::string>& roles) {
  const auto found = object.find("roles");
  if (found == object.end()) return {};
  if (!found->is_array()) return Invalid("claim roles isn't a list");
  for (const auto& role : *found) {
    if (!role.is_string()) return Invalid("claim roles isn't a list of strings");
    roles.push_back(role.get<std::string>());
  }
  return {};
}

// Of a token that has the claim: one without any scope is bound to none, and may do nothing.
Result<std::optional<std::vector<std::string>>> ReadScopes(const Json& object) {
  if (!object.contains("scope")) return std::optional<std::vector<std::string>>();
  const auto* text = StringIn(object, "scope");
  if (text == nullptr) return Invalid("claim scope isn't a string");
  return std::optional<std::vector<std::string>>(absl::StrSplit(*text, ' ', absl::SkipEmpty()));
}

std::string Compact(const char* type, std::string_view kid, const Json& payload, const Sign& sign) {
  const Json header = {{"alg", "ES256"}, {"kid", kid}, {"typ", type}};
  const std::string text = Base64UrlEncode(header.dump()) + "." + Base64UrlEncode(payload.dump());
  return text + "." + Base64UrlEncode(sign(text));
}

}  // namespace

Error Invalid(std::string_view detail) {
  return Error::Unauthenticated("token_invalid",
                                "The access token isn't valid: " + std::string(detail) + ".");
}

Result<ParsedJws> ParseJws(std::string_view jws, std::size_t most_bytes) {
  const auto malformed = [](std::string detail) {
    return Error::InvalidArgument("jws_malformed", std::move(detail));
  };
  if (jws.size() > most_bytes) return malformed("it is too long");
  const auto first = jws.find('.');
  const auto second = first == jws.npos ? jws.npos : jws.find('.', first + 1);
  if (second == jws.npos || jws.find('.', second + 1) != jws.npos)
    return malformed("it doesn't have three parts");
  const auto header_text = Base64UrlDecode(jws.substr(0, first));
  auto payload = Base64UrlDecode(jws.substr(first + 1, second - first - 1));
  auto signature = Base64UrlDecode(jws.substr(second + 1));
  if (!header_text.ok() || !payload.ok() || !signature.ok()) return malformed("it isn't base64url");
  const auto parsed = ParseJson(*header_text);
  if (!parsed.ok() || !parsed->is_object()) return malformed("its header isn't a JSON object");
  const Json& header = *parsed;
  if (header.contains("crit")) return malformed("it has critical extensions");
  ParsedJws result{.signing_input = jws.substr(0, second),
                   .algorithm = {},
                   .kid = {},
                   .type = {},
                   .payload = *std::move(payload),
                   .signature = *std::move(signature)};
  for (const auto& [name, value] :
       {std::pair{"alg", &result.algorithm}, std::pair{"kid", &result.kid},
        std::pair{"typ", &result.type}}) {
    if (!header.contains(name)) continue;
    const auto* text = StringIn(header, name);
    if (text == nullptr || text->empty())
      return malformed(std::string("its header's ") + name + " isn't a text");
    *value = *text;
  }
  if (result.algorithm.empty()) return malformed("it names no algorithm");
  return result;
}

Result<ParsedJwt> ParseJwt(std::string_view jwt) {
  auto parsed = ParseJws(jwt, kMostBytes);
  if (!parsed.ok()) return Invalid(parsed.error().message);
  if (parsed->algorithm != "ES256") return Invalid("it isn't signed with ES256");
  const bool for_client = parsed->type == kClientType;
  if (!parsed->type.empty() && parsed->type != kType && !for_client)
    return Invalid("it isn't a JWT");
  if (parsed->kid.empty()) return Invalid("it names no key");
  if (parsed->signature.size() != kSignatureBytes)
    return Invalid("its signature has the wrong length");
  return ParsedJwt{parsed->signing_input, std::move(parsed->kid), std::move(parsed->payload),
                   std::move(parsed->signature), for_client};
}

Status CheckTimes(const Claims& claims, const Policy& policy, Time now) {
  const Error expired =
      Error::Unauthenticated("token_expired", "The access token has expired: refresh it.");
  if (now >= claims.expires_at + policy.leeway) return expired;
  if (now + policy.leeway < claims.issued_at) return Invalid("it isn't valid yet");
  return {};
}

Result<Claims> CheckClaims(std::string_view payload, const Policy& policy,
                           const std::string* oauth_issuer, Time now) {
  const auto parsed = ParseJson(payload);
  if (!parsed.ok() || !parsed->is_object()) return Invalid("its payload isn't a JSON object");
  const Json& json = *parsed;
  const auto* issuer = StringIn(json, "iss");
  const std::string& expected = oauth_issuer == nullptr ? policy.issuer : *oauth_issuer;
  if (issuer == nullptr || issuer->empty() || *issuer != expected)
    return Invalid("another issuer made it");
  const auto audience = AudienceIn(json);
  if (!audience || std::ranges::count(*audience, policy.audience) == 0)
    return Invalid("it is meant for another audience");

  const auto expires = SecondIn(json, "exp");
  const auto issued = SecondIn(json, "iat");
  if (!expires || !issued) return Invalid("exp and iat must be whole seconds");
  if (json.contains("nbf")) {
    const auto not_before = SecondIn(json, "nbf");
    if (!not_before) return Invalid("nbf must be whole seconds");
    if (Seconds(now + policy.leeway) < *not_before) return Invalid("it isn't valid yet");
  }
  Claims claims;
  claims.issued_at = FromSeconds(*issued);
  claims.expires_at = FromSeconds(*expires);
  RETURN_IF_ERROR(CheckTimes(claims, policy, now));

  ASSIGN_OR_RETURN(claims.subject, OptionalString(json, "sub"));
  if (oauth_issuer != nullptr) {
    ASSIGN_OR_RETURN(claims.client_id, OptionalString(json, "client_id"));
    if (claims.client_id.empty()) return Invalid("it names no client");
  }
  const bool clients_own = !claims.client_id.empty() && claims.subject == claims.client_id;
  const auto user = clients_own ? std::optional<std::int64_t>(0) : UserOf(claims.subject);
  if (!user) return Invalid("its subject is neither a user nor a service");
  claims.user_id = *user;
  ASSIGN_OR_RETURN(claims.session_id, OptionalString(json, "sid"));
  ASSIGN_OR_RETURN(claims.token_id, OptionalString(json, "jti"));
  RETURN_IF_ERROR(ReadRoles(json, claims.roles));
  ASSIGN_OR_RETURN(claims.scopes, ReadScopes(json));
  if (oauth_issuer != nullptr && !claims.scopes) return Invalid("it is bound to no scopes");
  ASSIGN_OR_RETURN(claims.api_key_id, OptionalString(json, "api_key_id"));
  return claims;
}

std::string SignJwt(const Claims& claims, const Policy& policy, std::string_view kid,
                    const Sign& sign) {
  const bool for_client = !claims.client_id.empty();
  Json payload = {{"iss", for_client ? policy.oauth_issuer : policy.issuer},
                  {"aud", policy.audience},
                  {"sub", claims.subject},
                  {"roles", claims.roles},
                  {"iat", Seconds(claims.issued_at)},
                  {"nbf", Seconds(claims.issued_at)},
                  {"exp", Seconds(claims.expires_at)}};
  if (!claims.session_id.empty()) payload["sid"] = claims.session_id;
  if (!claims.token_id.empty()) payload["jti"] = claims.token_id;
  if (claims.scopes) payload["scope"] = absl::StrJoin(*claims.scopes, " ");
  if (!claims.api_key_id.empty()) payload["api_key_id"] = claims.api_key_id;
  if (for_client) payload["client_id"] = claims.client_id;
  return Compact(for_client ? kClientType : kType, kid, payload, sign);
}

std::string SignJwt(const IdentityClaims& claims, const Policy& policy, std::string_view kid,
                    const Sign& sign) {
  Json payload = {{"iss", policy.oauth_issuer},
                  {"aud", claims.client_id},
                  {"sub", claims.subject},
                  {"auth_time", Seconds(claims.authenticated_at)},
                  {"iat", Seconds(claims.issued_at)},
                  {"exp", Seconds(claims.expires_at)}};
  if (!claims.nonce.empty()) payload["nonce"] = claims.nonce;
  if (!claims.session_id.empty()) payload["sid"] = claims.session_id;
  return Compact(kType, kid, payload, sign);
}

std::string Thumbprint(std::string_view x, std::string_view y) {
  const std::string canonical = R"({"crv":"P-256","kty":"EC","x":")" + Base64UrlEncode(x) +
                                R"(","y":")" + Base64UrlEncode(y) + R"("})";
  return Base64UrlEncode(Sha256(canonical));
}

}  // namespace marquee::token
