// HTML that is put together from text.
#pragma once

#include <string>
#include <string_view>

namespace marquee {

// As text or as an attribute's value in quotes.
std::string EscapeHtml(std::string_view text);

}  // namespace marquee
