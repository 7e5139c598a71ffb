// What rules for names and passwords need of Unicode's tables (by utf8proc). Text is valid UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace marquee {

// A password as it is compared (RFC 8265, section 4.2, OpaqueString): spaces of any kind are
// U+0020, and the text is in Normalization Form C, so that it doesn't matter on which keyboard it
// was typed.
std::string OpaqueString(std::string_view text);

// Whether something of it is seen: a letter, a mark, a number, punctuation or a symbol that isn't
// blank.
bool IsVisible(std::string_view text);

// Whether it has characters that are not seen and change how others are: directional overrides,
// zero-width and tag characters, fillers, private and unassigned ones, line and paragraph
// separators. The joiners that emoji and some scripts need are let be between characters that are
// seen.
bool HasHidden(std::string_view text);

}  // namespace marquee
