// How an API key is written: mk_<id>_<secret><checksum>, in base62. The checksum (CRC32, as in
// GitHub's tokens) tells a mistyped key, and what merely looks like one, without a database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace marquee::rules {

inline constexpr std::string_view kApiKeyPrefix = "mk_";
inline constexpr std::size_t kApiKeyIdLength = 16;      // 95 bits
inline constexpr std::size_t kApiKeySecretLength = 43;  // 256 bits
inline constexpr std::size_t kApiKeyChecksumLength = 6;
inline constexpr std::size_t kApiKeyLength =
    kApiKeyPrefix.size() + kApiKeyIdLength + 1 + kApiKeySecretLength + kApiKeyChecksumLength;

// CRC-32 (ISO 3309, as zlib's).
std::uint32_t Crc32(std::string_view bytes);

// A character of base62 for each of `count` random bytes below 248, so that all are as likely; what
// is more is left, what is missing makes the text shorter.
std::string Base62OfRandom(std::string_view random, std::size_t count);

bool IsApiKeyId(std::string_view text);

// Of an id and a secret in base62, with their checksum.
std::string WriteApiKey(std::string_view id, std::string_view secret);

// The id of a key that is whole; nullopt for any other text.
std::optional<std::string_view> ApiKeyIdOf(std::string_view key);

}  // namespace marquee::rules
