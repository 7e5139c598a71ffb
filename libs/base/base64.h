// base64url (RFC 4648, section 5) without padding.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace marquee {

std::string Base64UrlEncode(std::string_view bytes);
// InvalidArgument "base64_invalid" for anything that Encode wouldn't produce: a value has one
// encoding only.
Result<std::string> Base64UrlDecode(std::string_view text);

}  // namespace marquee
