#include "base/hex.h"

#include <absl/strings/escaping.h>

namespace marquee {

std::string ToHex(std::string_view bytes) {
  return absl::BytesToHexString({bytes.data(), bytes.size()});
}

std::string FromHex(std::string_view hex) {
  return absl::HexStringToBytes({hex.data(), hex.size()});
}

}  // namespace marquee
