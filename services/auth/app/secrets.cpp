#include "auth/app/secrets.h"

#include <openssl/crypto.h>

#include "base/base64.h"
#include "base/digest.h"
#include "base/uuid.h"
#include "token/token.h"

namespace marquee::auth {
namespace {

constexpr std::size_t kTokenBytes = 32;

}  // namespace

bool SecretsEqual(std::string_view a, std::string_view b) {
  const std::string left = Sha256(a);
  const std::string right = Sha256(b);
  return CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::string NewOpaqueToken() { return Base64UrlEncode(RandomBytes(kTokenBytes)); }

std::string SuccessorOf(std::string_view token, std::string_view key) {
  return Base64UrlEncode(HmacSha256(key, token));
}

std::string RandomLetters(std::string_view letters, std::size_t count) {
  // The last bytes, of which there are too few for another round of letters, would favour the first.
  const std::size_t fair = 256 - 256 % letters.size();
  std::string text;
  while (text.size() < count) {
    for (const char c : RandomBytes(2 * count)) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < fair && text.size() < count) text += letters[byte % letters.size()];
    }
  }
  return text;
}

bool LooksLikeOpaqueToken(std::string_view text) {
  const auto bytes = Base64UrlDecode(text);
  return bytes.ok() && bytes->size() == kTokenBytes;
}

}  // namespace marquee::auth
