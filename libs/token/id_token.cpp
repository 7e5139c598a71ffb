#include "token/id_token.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/json.h"
#include "token/claims.h"
#include "token/jwt.h"
#include "token/token.h"

namespace marquee::token {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostIdTokenBytes = 32UL * 1024;  // some put a person's groups in
constexpr std::size_t kMostSubject = 255;               // Core, section 2
constexpr std::size_t kMostKeys = 100;

Error Refused(const std::string& detail) {
  return Error::Unauthenticated("id_token_invalid", "The ID token isn't valid: " + detail + ".");
}

std::string TextIn(const Json& object, const char* name) {
  const auto* text = StringIn(object, name);
  return text == nullptr ? std::string() : *text;
}

bool IsFor(const Json& jwk, std::string_view algorithm) {
  const std::string use = TextIn(jwk, "use"), alg = TextIn(jwk, "alg");
  if ((!use.empty() && use != "sig") || (!alg.empty() && alg != algorithm)) return false;
  const auto operations = jwk.find("key_ops");
  return operations == jwk.end() ||
         (operations->is_array() && std::ranges::count(*operations, Json("verify")) > 0);
}

std::optional<ProviderKeys::Key> ReadKey(const Json& jwk) {
  if (!jwk.is_object()) return std::nullopt;
  const auto number = [&](const char* name) {
    auto bytes = Base64UrlDecode(TextIn(jwk, name));
    return bytes.ok() ? *std::move(bytes) : std::string();
  };
  const std::string kty = TextIn(jwk, "kty");
  if (kty == "RSA" && IsFor(jwk, "RS256")) {
    if (auto key = Rs256Key::FromNumbers(number("n"), number("e")))
      return ProviderKeys::Key{TextIn(jwk, "kid"), *std::move(key)};
  }
  if (kty == "EC" && TextIn(jwk, "crv") == "P-256" && IsFor(jwk, "ES256")) {
    if (auto key = Es256Key::FromPoint(number("x"), number("y")))
      return ProviderKeys::Key{TextIn(jwk, "kid"), *std::move(key)};
  }
  return std::nullopt;
}

// RFC 7519, section 2: seconds, perhaps with a fraction.
std::optional<Time> TimeIn(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  const auto seconds = std::floor(found->get<double>());
  if (!(seconds >= 0 && seconds <= static_cast<double>(kLatestSecond))) return std::nullopt;
  return Time{std::chrono::seconds{static_cast<std::int64_t>(seconds)}};
}

Status CheckSignature(const ParsedJws& jws, const ProviderKeys& keys) {
  if (jws.algorithm != "RS256" && jws.algorithm != "ES256")
    return Refused("its algorithm is neither RS256 nor ES256");
  // Core, section 10.1: the kid may be missing where there is one key.
  std::vector<const ProviderKeys::Key*> named;
  for (const auto& key : keys.keys()) {
    if (jws.kid.empty() ? key.algorithm() == jws.algorithm : key.kid == jws.kid)
      named.push_back(&key);
  }
  if (named.empty() && !jws.kid.empty())
    return Error::Unauthenticated("id_token_key_unknown", "The ID token's key is unknown.");
  if (jws.kid.empty() && named.size() != 1) return Refused("it doesn't say which key it is of");
  for (const auto* key : named) {
    if (key->algorithm() != jws.algorithm) continue;
    if (key->Verify(jws.signing_input, jws.signature)) return {};
    return Refused("its signature is wrong");
  }
  return Refused("its algorithm isn't its key's");
}

// Core, section 3.1.3.7, 3 to 5.
Status CheckAudience(const Json& claims, const std::string& client_id) {
  const auto audience = AudienceIn(claims);
  if (!audience || std::ranges::count(*audience, client_id) == 0)
    return Refused("it is meant for another audience");
  if (audience->size() > 1 && !claims.contains("azp"))
    return Refused("it is for several, and doesn't say to whom it was given (azp)");
  if (claims.contains("azp") && TextIn(claims, "azp") != client_id)
    return Refused("it was given to another (azp)");
  return {};
}

// 9 and 10.
Status CheckMoments(const Json& claims, std::chrono::seconds leeway, Time now) {
  const auto expires = TimeIn(claims, "exp");
  const auto issued = TimeIn(claims, "iat");
  if (!expires || !issued) return Refused("exp and iat must be seconds");
  if (now >= *expires + leeway)
    return Error::Unauthenticated("id_token_expired", "The ID token has expired.");
  if (now + leeway < *issued) return Refused("it was issued in the future");
  if (claims.contains("nbf")) {
    const auto not_before = TimeIn(claims, "nbf");
    if (!not_before || now + leeway < *not_before) return Refused("it isn't valid yet");
  }
  return {};
}

IdToken PersonIn(const Json& claims) {
  IdToken person{.issuer = TextIn(claims, "iss"),
                 .subject = TextIn(claims, "sub"),
                 .name = TextIn(claims, "name")};
  if (const auto* email = StringIn(claims, "email")) person.email = *email;
  // Some write the truth value as a text.
  const auto verified = claims.find("email_verified");
  person.email_verified = verified != claims.end() && (*verified == true || *verified == "true");
  return person;
}

}  // namespace

std::string_view ProviderKeys::Key::algorithm() const {
  return std::holds_alternative<Es256Key>(key) ? "ES256" : "RS256";
}

bool ProviderKeys::Key::Verify(std::string_view message, std::string_view signature) const {
  return std::visit([&](const auto& one) { return one.Verify(message, signature); }, key);
}

Result<ProviderKeys> ProviderKeys::Parse(std::string_view jwk_set) {
  const auto malformed = [](const char* what) {
    return Error::InvalidArgument("jwk_set_malformed", what);
  };
  const auto parsed = ParseJson(jwk_set);
  if (!parsed.ok() || !parsed->is_object()) return malformed("The JWK set isn't a JSON object.");
  const auto list = parsed->find("keys");
  if (list == parsed->end() || !list->is_array()) return malformed("The JWK set has no keys.");
  if (list->size() > kMostKeys) return malformed("The JWK set has too many keys.");
  ProviderKeys keys;
  for (const auto& jwk : *list) {
    if (auto key = ReadKey(jwk)) keys.keys_.push_back(*std::move(key));
  }
  return keys;
}

Result<IdToken> VerifyIdToken(std::string_view jwt, const ProviderKeys& keys,
                              const ExpectedIdToken& expected, Time now) {
  const auto jws = ParseJws(jwt, kMostIdTokenBytes);
  if (!jws.ok()) return Refused(jws.error().message);
  RETURN_IF_ERROR(CheckSignature(*jws, keys));
  const auto parsed = ParseJson(jws->payload);
  if (!parsed.ok() || !parsed->is_object()) return Refused("its payload isn't a JSON object");
  const Json& claims = *parsed;
  IdToken token = PersonIn(claims);
  if (token.issuer != expected.issuer) return Refused("another issuer made it");
  RETURN_IF_ERROR(CheckAudience(claims, expected.client_id));
  RETURN_IF_ERROR(CheckMoments(claims, expected.leeway, now));
  if (expected.nonce.empty() || TextIn(claims, "nonce") != expected.nonce)
    return Refused("its nonce isn't the one that was sent");
  const bool good_subject =
      !token.subject.empty() && token.subject.size() <= kMostSubject &&
      std::ranges::all_of(token.subject, [](char c) { return c >= ' ' && c <= '~'; });
  if (!good_subject) return Refused("its subject is none");
  return token;
}

Result<IdToken> ReadPersonClaims(std::string_view json) {
  const auto parsed = ParseJson(json);
  if (!parsed.ok() || !parsed->is_object())
    return Error::InvalidArgument("claims_malformed", "UserInfo isn't a JSON object.");
  return PersonIn(*parsed);
}

}  // namespace marquee::token
