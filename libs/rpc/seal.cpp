#include "rpc/seal.h"

#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

#include "base/uuid.h"

namespace marquee::rpc {
namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

Error Broken() { return Error::DataLoss("seal_broken", "what was sealed can't be opened"); }

}  // namespace

std::string Seal(std::string_view key, std::string_view plain) {
  const std::string nonce = RandomBytes(kNonceBytes);
  const Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  std::string cipher(plain.size(), '\0');
  std::string tag(kTagBytes, '\0');
  int written = 0;
  const bool sealed =
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Bytes(key), Bytes(nonce)) ==
          1 &&
      EVP_EncryptUpdate(context.get(), Bytes(cipher), &written, Bytes(plain),
                        static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(context.get(), nullptr, &written) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag.data()) == 1;
  if (!sealed) throw std::runtime_error("AES-256-GCM failed");
  return nonce + cipher + tag;
}

Result<std::string> Unseal(std::string_view key, std::string_view sealed) {
  if (sealed.size() < kNonceBytes + kTagBytes) return Broken();
  const auto nonce = sealed.substr(0, kNonceBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  const auto cipher = sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
  const Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  std::string plain(cipher.size(), '\0');
  int written = 0;
  const bool opened =
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Bytes(key), Bytes(nonce)) ==
          1 &&
      EVP_DecryptUpdate(context.get(), Bytes(plain), &written, Bytes(cipher),
                        static_cast<int>(cipher.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), nullptr, &written) == 1;
  if (!opened) return Broken();
  return plain;
}

}  // namespace marquee::rpc
