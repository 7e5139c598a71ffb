#include "auth/app/one_time_codes.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "auth/app/secrets.h"
#include "base/percent.h"
#include "base/text.h"
#include "base/uuid.h"

namespace marquee::auth {
namespace {

constexpr std::chrono::seconds kStep{30};
constexpr int kDigits = 6;
constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::size_t kRecoveryBytes = 10;
constexpr std::size_t kRecoveryCharacters = 16;
constexpr std::size_t kRecoveryGroup = 4;

std::string WithoutSpaces(std::string_view text) {
  std::string plain(text);
  std::erase_if(plain, [](char c) { return c == ' ' || c == '-'; });
  return plain;
}

}  // namespace

std::int64_t TotpStep(Time now) {
  return std::chrono::floor<std::chrono::seconds>(now).time_since_epoch() / kStep;
}

std::string HotpCode(std::string_view secret, std::int64_t counter, int digits) {
  std::array<unsigned char, 8> message{};
  for (std::size_t i = 0; i < message.size(); ++i)
    message.at(i) = static_cast<unsigned char>(counter >> (8 * (7 - i)));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()), message.data(), message.size(),
       digest.data(), &length);
  const std::size_t offset = digest.at(length - 1) & 0xFU;
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8 | digest.at(offset + i);
  number &= 0x7FFFFFFFU;
  std::string code = std::to_string(number);
  const auto wanted = static_cast<std::size_t>(digits);
  if (code.size() > wanted) return code.substr(code.size() - wanted);
  return std::string(wanted - code.size(), '0') + code;
}

std::optional<std::int64_t> MatchingStep(std::string_view secret, std::string_view code, Time now) {
  const std::string plain = WithoutSpaces(code);
  const std::int64_t step = TotpStep(now);
  std::optional<std::int64_t> matching;
  for (const std::int64_t at : {step - 1, step, step + 1})
    if (SecretsEqual(HotpCode(secret, at, kDigits), plain)) matching = at;
  return matching;
}

std::string Base32Encode(std::string_view bytes) {
  std::string text;
  unsigned int buffer = 0;
  int bits = 0;
  for (const char byte : bytes) {
    buffer = buffer << 8 | static_cast<unsigned char>(byte);
    for (bits += 8; bits >= 5; bits -= 5) text += kBase32[buffer >> (bits - 5) & 31U];
  }
  if (bits > 0) text += kBase32[buffer << (5 - bits) & 31U];
  return text;
}

std::string OtpauthUri(std::string_view secret, std::string_view email) {
  return "otpauth://totp/Marquee:" + PercentEncode(email) + "?secret=" + Base32Encode(secret) +
         "&issuer=Marquee&algorithm=SHA1&digits=" + std::to_string(kDigits) +
         "&period=" + std::to_string(kStep.count());
}

std::string NewRecoveryCode() {
  const std::string plain = AsciiLower(Base32Encode(RandomBytes(kRecoveryBytes)));
  std::string code = plain.substr(0, kRecoveryGroup);
  for (std::size_t at = kRecoveryGroup; at < plain.size(); at += kRecoveryGroup)
    code += "-" + plain.substr(at, kRecoveryGroup);
  return code;
}

std::optional<std::string> PlainRecoveryCode(std::string_view typed) {
  std::string plain = AsciiLower(WithoutSpaces(typed));
  if (plain.size() != kRecoveryCharacters) return std::nullopt;
  return plain;
}

}  // namespace marquee::auth
