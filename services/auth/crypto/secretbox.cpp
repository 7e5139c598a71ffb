#include "auth/crypto/secretbox.h"

#include <sodium.h>

#include <stdexcept>

#include "base/uuid.h"

namespace marquee::auth {
namespace {

unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

Secretbox::Secretbox(std::string_view secret, std::string_view purpose)
    : key_(crypto_secretbox_KEYBYTES, '\0') {
  if (sodium_init() < 0) throw std::runtime_error("libsodium can't be initialized");
  crypto_generichash(Bytes(key_), key_.size(), Bytes(secret), secret.size(), Bytes(purpose),
                     purpose.size());
}

std::string Secretbox::Seal(std::string_view plain) const {
  const std::string nonce = RandomBytes(crypto_secretbox_NONCEBYTES);
  std::string box(crypto_secretbox_MACBYTES + plain.size(), '\0');
  crypto_secretbox_easy(Bytes(box), Bytes(plain), plain.size(), Bytes(std::string_view(nonce)),
                        Bytes(std::string_view(key_)));
  return nonce + box;
}

Result<std::string> Secretbox::Open(std::string_view sealed) const {
  constexpr std::size_t kOverhead = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
  const Error broken = Error::FailedPrecondition(
      "seal_broken",
      "What is stored can't be decrypted: MARQUEE_AUTH_KEY_ENCRYPTION_SECRET isn't the secret that "
      "it was stored with.");
  if (sealed.size() < kOverhead) return broken;
  const auto box = sealed.substr(crypto_secretbox_NONCEBYTES);
  std::string plain(sealed.size() - kOverhead, '\0');
  if (crypto_secretbox_open_easy(Bytes(plain), Bytes(box), box.size(), Bytes(sealed),
                                 Bytes(std::string_view(key_))) != 0) {
    return broken;
  }
  return plain;
}

}  // namespace marquee::auth
