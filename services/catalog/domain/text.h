// What the domain needs to know of UTF-8 text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::catalog {

std::string Trimmed(std::string_view text);     // without ASCII white space around it
std::string AsciiLower(std::string_view text);  // other letters stay as they are
std::size_t CodePoints(std::string_view utf8);
bool HasControlCharacters(std::string_view text);            // C0 and DEL
std::vector<std::string_view> Words(std::string_view text);  // what stands between spaces

// The least number of insertions, deletions, replacements and swaps of neighbouring bytes that turn
// one word into the other (optimal string alignment); `most` + 1 for any number above `most`.
std::size_t EditDistance(std::string_view a, std::string_view b, std::size_t most);

}  // namespace marquee::catalog
