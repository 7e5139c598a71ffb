// Percent-encoding (RFC 3986, section 2.1), and forms' variant of it, in which '+' is a space.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace marquee {

// Everything but the unreserved characters is escaped.
std::string PercentEncode(std::string_view text);

// Refuses broken escapes, what comes out as no UTF-8, and U+0000: InvalidArgument
// "percent_malformed", whose message continues "The text …".
Result<std::string> PercentDecode(std::string_view text, bool plus_is_space = false);

}  // namespace marquee
