// RSASSA-PKCS1-v1_5 with SHA-256 (RS256 of RFC 7518, section 3.3), to verify what others sign: the
// algorithm that every OpenID provider has (Core, section 15.1). Ours is ES256.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

struct evp_pkey_st;  // EVP_PKEY

namespace marquee::token {

// A public key. Cheap to copy; thread-safe.
class Rs256Key {
 public:
  // From modulus and exponent, big-endian. nullopt for fewer than 2048 bits (RFC 7518, section 3.3)
  // or more than 8192, and for an exponent that is even, below 3 or beyond 64 bits.
  static std::optional<Rs256Key> FromNumbers(std::string_view modulus, std::string_view exponent);

  bool Verify(std::string_view message, std::string_view signature) const;

 private:
  explicit Rs256Key(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}

  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace marquee::token
