// ECDSA on P-256 with SHA-256 (ES256 of RFC 7518, section 3.4): the cryptography under token.h,
// over OpenSSL's EVP interface. Signatures are raw r || s, 64 bytes, as JWS carries them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_pkey_st;  // EVP_PKEY

namespace marquee::token {

inline constexpr std::size_t kCoordinateBytes = 32;
inline constexpr std::size_t kSignatureBytes = 2 * kCoordinateBytes;

// A key that is parsed and checked: its point lies on the curve. Cheap to copy; thread-safe.
class Es256Key {
 public:
  static Es256Key Generate();
  // From the point's coordinates, 32 bytes each, big-endian; nullopt when they aren't a point of
  // P-256. The key can only verify.
  static std::optional<Es256Key> FromPoint(std::string_view x, std::string_view y);
  // From an unencrypted PKCS #8 or SEC 1 private key; nullopt when it isn't one on P-256.
  static std::optional<Es256Key> FromPem(std::string_view pem);

  std::string ToPem() const;  // requires a private key
  std::string X() const;
  std::string Y() const;

  std::string Sign(std::string_view message) const;  // requires a private key
  bool Verify(std::string_view message, std::string_view signature) const;

 private:
  explicit Es256Key(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  std::string Coordinate(const char* parameter) const;

  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace marquee::token
