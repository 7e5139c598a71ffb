#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

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

// Of the sequence at `p`, which is before `end`; 0 when it isn't well-formed (Unicode, table 3-7).
std::size_t SequenceBytes(const unsigned char* p, const unsigned char* end) {
  const unsigned char lead = *p;
  if (lead < 0x80) return 1;
  std::ptrdiff_t more = 0;
  unsigned char low = 0x80, high = 0xBF;  // bounds of the second byte
  if (lead >= 0xC2 && lead <= 0xDF) {
    more = 1;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    more = 2;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    more = 3;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  if (end - p <= more || p[1] < low || p[1] > high) return 0;
  for (std::ptrdiff_t i = 2; i <= more; ++i) {
    if (p[i] < 0x80 || p[i] > 0xBF) return 0;
  }
  return static_cast<std::size_t>(more) + 1;
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

bool IsUtf8(std::string_view text) {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  const auto* end = p + text.size();
  while (p < end) {
    // Eight ASCII bytes at a time: nearly all text is.
    while (end - p >= 8) {
      std::uint64_t word;
      std::memcpy(&word, p, sizeof word);
      if (word & 0x8080808080808080ULL) break;
      p += 8;
    }
    if (p == end) break;
    const auto bytes = SequenceBytes(p, end);
    if (bytes == 0) return false;
    p += bytes;
  }
  return true;
}

std::size_t Utf8SequenceBytes(std::string_view text) {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  return text.empty() ? 0 : SequenceBytes(p, p + text.size());
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

std::string PrintableAscii(std::string_view text, std::size_t most) {
  std::string printable(text.substr(0, most));
  std::erase_if(printable, [](char c) { return c < ' ' || c > '~'; });
  return printable;
}

}  // namespace marquee
