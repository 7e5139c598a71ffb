// AES-256-GCM with a random nonce (NIST SP 800-38D). For libs/rpc's own files.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace marquee::rpc {

// `key` has 32 bytes. Nonce, ciphertext and tag, in this order.
std::string Seal(std::string_view key, std::string_view plain);
// DataLoss "seal_broken": another key, or altered bytes.
Result<std::string> Unseal(std::string_view key, std::string_view sealed);

}  // namespace marquee::rpc
