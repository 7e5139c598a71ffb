#include "base/text.h"

#include <algorithm>
#include <array>

namespace marquee {
namespace {

constexpr std::array<std::string_view, 11> kSpaces = {
    " ", "\t", "\n", "\v", "\f", "\r", "\u00a0", "\u200b", "\u3000", "\ufeff", "\u2060"};

std::size_t SpaceAtStart(std::string_view text) {
  for (const auto space : kSpaces) {
    if (text.starts_with(space)) return space.size();
  }
  return 0;
}

std::size_t SpaceAtEnd(std::string_view text) {
  for (const auto space : kSpaces) {
    if (text.ends_with(space)) return space.size();
  }
  return 0;
}

}  // namespace

std::string_view Trimmed(std::string_view text) {
  while (const auto size = SpaceAtStart(text)) text.remove_prefix(size);
  while (const auto size = SpaceAtEnd(text)) text.remove_suffix(size);
  return text;
}

std::string AsciiLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::size_t CodePoints(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool HasControls(std::string_view text, bool lines_allowed) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (lines_allowed && (c == '\n' || c == '\t')) continue;
    if (c < 0x20 || c == 0x7F) return true;
    // U+0080 to U+009F
    const bool c1 = c == 0xC2 && i + 1 < text.size() &&
                    static_cast<unsigned char>(text[i + 1]) >= 0x80 &&
                    static_cast<unsigned char>(text[i + 1]) <= 0x9F;
    if (c1) return true;
  }
  return false;
}

}  // namespace marquee
