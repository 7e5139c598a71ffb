#include "base/base64.h"

#include <absl/strings/escaping.h>

namespace marquee {

std::string Base64UrlEncode(std::string_view bytes) {
  return absl::WebSafeBase64Escape({bytes.data(), bytes.size()});
}

Result<std::string> Base64UrlDecode(std::string_view text) {
  std::string bytes;
  // Abseil takes padding, blanks and left-over bits, too: what it makes of the bytes says whether
  // the text was theirs.
  if (!absl::WebSafeBase64Unescape({text.data(), text.size()}, &bytes) ||
      Base64UrlEncode(bytes) != text)
    return Error::InvalidArgument("base64_invalid", "not base64url without padding");
  return bytes;
}

}  // namespace marquee
