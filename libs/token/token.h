// Access tokens: JWTs (RFC 7519) signed with ES256 (RFC 7518, section 3.4), and nothing else: the
// algorithm is ours to choose, never the token's. A verified token is the only way to hold Claims
// that came from outside.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace marquee::token {

// A key on P-256. Coordinates are 32 bytes, big-endian.
struct PublicKey {
  std::string kid;
  std::string x;
  std::string y;
  // Whose tokens for OAuth clients it signs, beside our own; empty: nobody's.
  std::string issuer = {};
};

// A key as a JWK set has it (RFC 7517), texts as they stand there.
struct JsonWebKey {
  std::string kty;
  std::string crv;
  std::string x;
  std::string y;
  std::string kid;
  std::string use = {};
  std::string alg = {};
  std::vector<std::string> key_ops = {};
};

// nullopt: no key on P-256, or one that is for another purpose or algorithm and so verifies no token
// of ours (RFC 7517, section 4).
std::optional<PublicKey> FromJwk(const JsonWebKey& jwk);

struct Claims {
  std::string subject;             // a user's id in decimal, or "service:<name>"
  std::int64_t user_id = 0;        // 0 for a service
  std::vector<std::string> roles;  // "user", "curator", "administrator", "service"
  std::string session_id;          // claim `sid`; empty for a service
  std::string token_id;            // claim `jti`
  Time issued_at;
  Time expires_at;
  // Claim `scope` (RFC 9068, section 2.2.3: one text, between blanks) of a token that was traded for
  // an API key, or given to an OAuth client. nullopt: a login's, bound to nothing.
  std::optional<std::vector<std::string>> scopes = {};
  std::string api_key_id = {};
  // Of an OAuth client's token, whose type is at+jwt and whose issuer the key's. Without a user it is
  // the client's own, and its subject, too.
  std::string client_id = {};
};

// What an OpenID Connect ID token says (Core, section 2): to a client, of who signed in. It lets
// nobody in: neither its issuer nor its audience is that of an access token.
struct IdentityClaims {
  std::string subject;
  std::string client_id;   // `aud`
  std::string nonce;       // none when empty
  std::string session_id;  // `sid`
  Time authenticated_at;   // `auth_time`
  Time issued_at;
  Time expires_at;
};

struct Policy {
  std::string issuer = "marquee";
  std::string audience = "marquee";
  // The issuer of what OAuth clients get: a URL. It is signed for only; who verifies has it with the
  // key.
  std::string oauth_issuer = {};
  std::chrono::seconds leeway{5};  // for clocks that differ
};

// A private key. Movable; signing is thread-safe.
class SigningKey {
 public:
  static SigningKey Generate();  // a fresh P-256 key; its kid is the RFC 7638 thumbprint
  static Result<SigningKey> FromPem(std::string_view pkcs8);
  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;
  ~SigningKey();

  std::string ToPem() const;  // PKCS #8, unencrypted: for an encrypted store only
  const PublicKey& public_key() const;
  // A compact JWS with header {alg: ES256, kid, typ: JWT}, or at+jwt (RFC 9068) where the claims name
  // a client.
  std::string Sign(const Claims& claims, const Policy& policy) const;
  std::string SignIdentity(const IdentityClaims& claims, const Policy& policy) const;

 private:
  struct Impl;
  explicit SigningKey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Checks signature, algorithm, kid, issuer, audience and times. Every failure is UNAUTHENTICATED
// with the reason "token_expired" or "token_invalid".
Result<Claims> Verify(std::string_view jwt, const std::vector<PublicKey>& keys,
                      const Policy& policy, Time now);

// Verify with keys that are fetched when first needed, again when a token names an unknown kid (at
// most once in `least_refresh`), and every `most_age`. Thread-safe. When keys were never had and
// the source fails: UNAVAILABLE.
class Verifier {
 public:
  using KeySource = std::function<Result<std::vector<PublicKey>>()>;
  Verifier(Policy policy, KeySource source, const Clock& clock,
           std::chrono::seconds least_refresh = std::chrono::seconds{5},
           std::chrono::seconds most_age = std::chrono::seconds{300});
  ~Verifier();

  Result<Claims> Verify(std::string_view jwt);
  // Fetches the keys if there are none yet, so that the first caller doesn't wait for them; whether
  // there are.
  bool Prefetch();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The token in an Authorization header of the form "Bearer <token>" (RFC 6750, section 2.1; the
// scheme in any case and followed by one or more blanks, RFC 9110, section 11.4). nullopt for any
// other header: what comes back has the characters of a token and no others.
std::optional<std::string_view> BearerToken(std::string_view authorization);

}  // namespace marquee::token
