#include "rules/api_key.h"

#include <zlib.h>

#include <algorithm>

namespace marquee::rules {
namespace {

constexpr std::string_view kBase62 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

bool IsBase62(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return kBase62.find(c) != kBase62.npos; });
}

std::string ChecksumOf(std::string_view text) {
  std::string digits;
  std::uint32_t value = Crc32(text);
  while (digits.size() < kApiKeyChecksumLength) {
    digits += kBase62[value % kBase62.size()];
    value /= kBase62.size();
  }
  std::reverse(digits.begin(), digits.end());
  return digits;
}

}  // namespace

std::uint32_t Crc32(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
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
