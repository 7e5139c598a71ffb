#include "rules/api_key.h"

#include <algorithm>
#include <array>

namespace marquee::rules {
namespace {

constexpr std::string_view kBase62 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

constexpr std::array<std::uint32_t, 256> kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t n = 0; n < table.size(); ++n) {
    std::uint32_t value = n;
    for (int bit = 0; bit < 8; ++bit)
      value = (value & 1U) != 0 ? 0xEDB88320U ^ (value >> 1U) : value >> 1U;
    table[n] = value;
  }
  return table;
}();

bool IsBase62(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return kBase62.find(c) != kBase62.npos; });
}

std::string ChecksumOf(std::string_view text) {
  std::string digits(kApiKeyChecksumLength, '0');
  std::uint32_t value = Crc32(text);
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    *digit = kBase62[value % kBase62.size()];
    value /= kBase62.size();
  }
  return digits;
}

}  // namespace

std::uint32_t Crc32(std::string_view bytes) {
  std::uint32_t value = 0xFFFFFFFFU;
  for (const char c : bytes)
    value = kCrcTable[(value ^ static_cast<unsigned char>(c)) & 0xFFU] ^ (value >> 8U);
  return ~value;
}

std::string Base62OfRandom(std::string_view random, std::size_t count) {
  std::string text;
  for (const char c : random) {
    const auto byte = static_cast<unsigned char>(c);
    if (text.size() == count) break;
    if (byte < 4 * kBase62.size()) text += kBase62[byte % kBase62.size()];
  }
  return text;
}

bool IsApiKeyId(std::string_view text) { return text.size() == kApiKeyIdLength && IsBase62(text); }

std::string WriteApiKey(std::string_view id, std::string_view secret) {
  std::string key(kApiKeyPrefix);
  key += id;
  key += '_';
  key += secret;
  return key + ChecksumOf(key);
}

std::optional<std::string_view> ApiKeyIdOf(std::string_view key) {
  if (key.size() != kApiKeyLength || !key.starts_with(kApiKeyPrefix)) return std::nullopt;
  const auto id = key.substr(kApiKeyPrefix.size(), kApiKeyIdLength);
  const auto secret = key.substr(kApiKeyPrefix.size() + kApiKeyIdLength + 1);
  if (key[kApiKeyPrefix.size() + kApiKeyIdLength] != '_' || !IsBase62(id) || !IsBase62(secret))
    return std::nullopt;
  const auto checked = key.substr(0, kApiKeyLength - kApiKeyChecksumLength);
  if (key.substr(checked.size()) != ChecksumOf(checked)) return std::nullopt;
  return id;
}

}  // namespace marquee::rules
