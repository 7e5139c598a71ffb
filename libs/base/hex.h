// Bytes as lower-case hexadecimal digits, two for each.
#pragma once

#include <string>
#include <string_view>

namespace marquee {

std::string ToHex(std::string_view bytes);
std::string FromHex(std::string_view hex);  // of what ToHex made

}  // namespace marquee
