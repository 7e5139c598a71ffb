// SHA-256 (FIPS 180-4) and HMAC with it (RFC 2104), of what fits in memory at once; files in pieces
// are artefact/sha256.h's.
#pragma once

#include <string>
#include <string_view>

namespace marquee {

std::string Sha256(std::string_view text);                            // 32 bytes
std::string HmacSha256(std::string_view key, std::string_view text);  // 32 bytes

}  // namespace marquee
