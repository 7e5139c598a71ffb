// Percent-encoding (RFC 3986, section 2.1), and forms' variant of it, in which '+' is a space.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace marquee {

// Everything but the unreserved characters is escaped.
std::string PercentEncode(std::string_view text);

// Refuses broken escapes, what comes out as no UTF-8, and U+0000: InvalidArgument
// "percent_malformed", whose message continues "The text …".
Result<std::string> PercentDecode(std::string_view text, bool plus_is_space = false);

// Names and values, in their order. Names are of unreserved characters.
using FormFields = std::vector<std::pair<std::string, std::string>>;
// application/x-www-form-urlencoded. What is empty is left out.
std::string FormEncode(const FormFields& fields);
// The URI with them in its query, after what there is.
std::string WithQuery(std::string uri, const FormFields& fields);

}  // namespace marquee
