#include "token/rs256.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <memory>

#include "token/openssl.h"

namespace marquee::token {
namespace {

using Parameters = std::unique_ptr<OSSL_PARAM, Deleter<OSSL_PARAM_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Deleter<OSSL_PARAM_BLD_free>>;

constexpr int kLeastBits = 2048;
constexpr int kMostBits = 8192;
constexpr int kMostExponentBits = 64;

Number FromBytes(std::string_view bytes) {
  constexpr std::size_t kMostBytes = kMostBits / 8 + 1;
  if (bytes.size() > kMostBytes) return nullptr;
  return Number(BN_bin2bn(Bytes(bytes), static_cast<int>(bytes.size()), nullptr));
}

}  // namespace

std::optional<Rs256Key> Rs256Key::FromNumbers(std::string_view modulus, std::string_view exponent) {
  const Number n = FromBytes(modulus);
  const Number e = FromBytes(exponent);
  if (!n || !e) return std::nullopt;
  const int bits = BN_num_bits(n.get());
  const bool good = bits >= kLeastBits && bits <= kMostBits && BN_is_odd(n.get()) == 1 &&
                    BN_is_odd(e.get()) == 1 && BN_is_one(e.get()) == 0 &&
                    BN_num_bits(e.get()) <= kMostExponentBits;
  if (!good) return std::nullopt;
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    return std::nullopt;
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const Context context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  return Rs256Key(Own(key));
}

bool Rs256Key::Verify(std::string_view message, std::string_view signature) const {
  const Digest digest(EVP_MD_CTX_new());
  EVP_PKEY_CTX* context = nullptr;  // the digest's
  const bool good =
      digest &&
      EVP_DigestVerifyInit(digest.get(), &context, EVP_sha256(), nullptr, key_.get()) == 1 &&
      EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1 &&
      EVP_DigestVerify(digest.get(), Bytes(signature), signature.size(), Bytes(message),
                       message.size()) == 1;
  if (!good) ERR_clear_error();
  return good;
}

}  // namespace marquee::token
