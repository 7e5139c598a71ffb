// What rules for names and passwords, and the reading of words, need of Unicode's tables (by
// utf8proc). Text is valid UTF-8; what isn't is no memory's fault.
#pragma once

#include <cstddef>
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

// The character that `text`, which isn't empty, begins with, and its bytes. U+FFFD and one byte
// where it begins with none.
struct Character {
  char32_t point = 0;
  std::size_t bytes = 0;
};
Character FirstCharacter(std::string_view text);

// A letter, a number or "_": `\w` of regular expressions, as Python's re takes it.
bool IsWordCharacter(char32_t point);

// In lower case by Unicode's full mapping, as Python's str.lower: "İ" becomes two characters, and
// "Σ" is "ς" at a word's end.
std::string Lower(std::string_view text);

}  // namespace marquee
