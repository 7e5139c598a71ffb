// ID tokens of other OpenID providers (OpenID Connect Core, section 2), checked as section 3.1.3.7
// says. What they are signed with is the key's to say, never the token's: an RSA key verifies RS256
// and nothing else, a key on P-256 ES256. There is neither `none` nor a secret for a key.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "token/es256.h"
#include "token/rs256.h"

namespace marquee::token {

// What of a provider's JWK set (RFC 7517) verifies ID tokens; the rest is passed over. Immutable;
// thread-safe.
class ProviderKeys {
 public:
  // InvalidArgument "jwk_set_malformed" for what is none; one without a key of use is fine.
  static Result<ProviderKeys> Parse(std::string_view jwk_set);

  struct Key {
    std::string kid;  // may be empty
    std::variant<Es256Key, Rs256Key> key;

    std::string_view algorithm() const;
    bool Verify(std::string_view message, std::string_view signature) const;
  };
  const std::vector<Key>& keys() const { return keys_; }

 private:
  std::vector<Key> keys_;
};

struct ExpectedIdToken {
  std::string issuer;
  std::string client_id;
  std::string nonce;
  std::chrono::seconds leeway{60};  // for clocks that differ
};

struct IdToken {
  std::string issuer;
  std::string subject;  // 1 to 255 characters of ASCII
  // These may be unset, in which case UserInfo may have them.
  std::optional<std::string> email = {};
  bool email_verified = false;
  std::string name = {};
};

// Every failure is Unauthenticated: "id_token_key_unknown" where other keys may help, "id_token_expired"
// or "id_token_invalid". Messages are for the log: they have nothing of the token in them.
Result<IdToken> VerifyIdToken(std::string_view jwt, const ProviderKeys& keys,
                              const ExpectedIdToken& expected, Time now);

// The claims of a person that ID tokens and UserInfo (section 5.3.2) share, from a JSON object.
// InvalidArgument "claims_malformed".
Result<IdToken> ReadPersonClaims(std::string_view json);

}  // namespace marquee::token
