#include "token/es256.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <stdexcept>
#include <vector>

#include "token/openssl.h"

namespace marquee::token {
namespace {

// What only fails when memory or the library itself is broken.
[[noreturn]] void Broken(const char* what) {
  throw std::runtime_error(std::string("OpenSSL failed: ") + what);
}

bool IsP256(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "EC") != 1) return false;
  char group[32] = {};
  std::size_t length = 0;
  return EVP_PKEY_get_group_name(key, group, sizeof group, &length) == 1 &&
         std::string_view(group, length) == SN_X9_62_prime256v1;
}

}  // namespace

Es256Key Es256Key::Generate() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  if (key == nullptr) Broken("generating a key");
  return Es256Key(Own(key));
}

std::optional<Es256Key> Es256Key::FromPoint(std::string_view x, std::string_view y) {
  if (x.size() != kCoordinateBytes || y.size() != kCoordinateBytes) return std::nullopt;
  std::string point = "\x04";  // uncompressed
  point.append(x).append(y);
  char group[] = SN_X9_62_prime256v1;
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  const Context context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  Es256Key result(Own(key));
  const Context check(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  if (!check || EVP_PKEY_public_check(check.get()) != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  return result;
}

std::optional<Es256Key> Es256Key::FromPem(std::string_view pem) {
  const Stream stream(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // Never asks a person for a passphrase: an encrypted key is an error.
  const auto refuse = [](char*, int, int, void*) { return -1; };
  EVP_PKEY* key = PEM_read_bio_PrivateKey(stream.get(), nullptr, refuse, nullptr);
  if (key == nullptr) {
    ERR_clear_error();
    return std::nullopt;
  }
  Es256Key result(Own(key));
  const Context check(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  if (!IsP256(key) || !check || EVP_PKEY_check(check.get()) != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  return result;
}

std::string Es256Key::ToPem() const {
  const Stream stream(BIO_new(BIO_s_mem()));
  if (!stream || PEM_write_bio_PKCS8PrivateKey(stream.get(), key_.get(), nullptr, nullptr, 0,
                                               nullptr, nullptr) != 1) {
    Broken("writing a private key");
  }
  char* data = nullptr;
  const auto size = BIO_get_mem_data(stream.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::string Es256Key::Coordinate(const char* parameter) const {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key_.get(), parameter, &raw) != 1) Broken("reading a public key");
  const Number number(raw);
  std::string bytes(kCoordinateBytes, '\0');
  if (BN_bn2binpad(raw, reinterpret_cast<unsigned char*>(bytes.data()), kCoordinateBytes) < 0) {
    Broken("reading a public key");
  }
  return bytes;
}

std::string Es256Key::X() const { return Coordinate(OSSL_PKEY_PARAM_EC_PUB_X); }
std::string Es256Key::Y() const { return Coordinate(OSSL_PKEY_PARAM_EC_PUB_Y); }

std::string Es256Key::Sign(std::string_view message) const {
  const Digest digest(EVP_MD_CTX_new());
  std::vector<unsigned char> der(128);
  std::size_t size = der.size();
  if (!digest ||
      EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
      EVP_DigestSign(digest.get(), der.data(), &size, Bytes(message), message.size()) != 1) {
    Broken("signing");
  }
  const unsigned char* cursor = der.data();
  const Signature signature(d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(size)));
  std::string raw(kSignatureBytes, '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  if (!signature || BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, kCoordinateBytes) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + kCoordinateBytes, kCoordinateBytes) <
          0) {
    Broken("encoding a signature");
  }
  return raw;
}

bool Es256Key::Verify(std::string_view message, std::string_view signature) const {
  if (signature.size() != kSignatureBytes) return false;
  const Signature parts(ECDSA_SIG_new());
  Number r(BN_bin2bn(Bytes(signature), kCoordinateBytes, nullptr));
  Number s(BN_bin2bn(Bytes(signature.substr(kCoordinateBytes)), kCoordinateBytes, nullptr));
  if (!parts || !r || !s || ECDSA_SIG_set0(parts.get(), r.get(), s.get()) != 1) return false;
  // They are the signature's now.
  (void)r.release();
  (void)s.release();
  unsigned char der[128];
  unsigned char* cursor = der;
  const int size = i2d_ECDSA_SIG(parts.get(), &cursor);  // 72 bytes at most
  const Digest digest(EVP_MD_CTX_new());
  const bool good =
      size > 0 && digest &&
      EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
      EVP_DigestVerify(digest.get(), der, static_cast<std::size_t>(size), Bytes(message),
                       message.size()) == 1;
  if (!good) ERR_clear_error();
  return good;
}

}  // namespace marquee::token
