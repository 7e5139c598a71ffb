#include "base/unicode.h"

#include <utf8proc.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

namespace marquee {
namespace {

using CodePoint = utf8proc_int32_t;

constexpr CodePoint kZeroWidthNonJoiner = 0x200C;
constexpr CodePoint kZeroWidthJoiner = 0x200D;

std::vector<CodePoint> CodePointsOf(std::string_view text) {
  std::vector<CodePoint> points;
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    CodePoint point = -1;
    const auto bytes = utf8proc_iterate(at, left, &point);
    if (bytes <= 0) break;
    points.push_back(point);
    at += bytes;
    left -= bytes;
  }
  return points;
}

// Letters and symbols by their category that are blank all the same.
bool IsFiller(CodePoint point) {
  return point == 0x115F || point == 0x1160 || point == 0x3164 || point == 0xFFA0 ||
         point == 0x2800 || point == 0x00AD || (point >= 0xFE00 && point <= 0xFE0F) ||
         (point >= 0xE0100 && point <= 0xE01EF) || point == 0x034F ||
         (point >= 0x180B && point <= 0x180F) || (point >= 0x17B4 && point <= 0x17B5);
}

bool IsVariationSelector(CodePoint point) { return point >= 0xFE00 && point <= 0xFE0F; }

bool IsSeen(CodePoint point) {
  if (IsFiller(point)) return false;
  switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO: return false;
    default: return true;
  }
}

// Unicode 3.13, D135 and D136, as far as the final sigma needs them.
bool IsCased(char32_t point) {
  if (point < 0x80) return (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z');
  const auto category = utf8proc_category(static_cast<CodePoint>(point));
  return category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LL ||
         category == UTF8PROC_CATEGORY_LT;
}

bool IsCaseIgnorable(char32_t point) {
  switch (point) {
    case '\'':
    case '.':
    case ':':
    case 0xB7:
    case 0x2019:
    case 0x2027: return true;
    default: break;
  }
  switch (utf8proc_category(static_cast<CodePoint>(point))) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK: return true;
    default: return false;
  }
}

// Whether the next character that isn't to be ignored is a letter with a case.
bool BeginsWithCased(std::string_view text) {
  while (!text.empty()) {
    const auto [point, bytes] = FirstCharacter(text);
    if (!IsCaseIgnorable(point)) return IsCased(point);
    text.remove_prefix(bytes);
  }
  return false;
}

void AppendLower(char32_t point, bool ends_word, std::string& out) {
  constexpr char32_t kCapitalSigma = 0x3A3;
  constexpr char32_t kFinalSigma = 0x3C2;
  constexpr char32_t kCapitalIWithDot = 0x130;
  if (point == kCapitalIWithDot) {
    out += "i\xCC\x87";
    return;
  }
  const CodePoint lower = point == kCapitalSigma && ends_word
                              ? static_cast<CodePoint>(kFinalSigma)
                              : utf8proc_tolower(static_cast<CodePoint>(point));
  utf8proc_uint8_t bytes[4];
  const auto count = utf8proc_encode_char(lower, bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(count));
}

}  // namespace

std::string OpaqueString(std::string_view text) {
  std::string spaced;
  for (const CodePoint point : CodePointsOf(text)) {
    utf8proc_uint8_t bytes[4];
    const CodePoint mapped =
        utf8proc_category(point) == UTF8PROC_CATEGORY_ZS ? CodePoint{' '} : point;
    const auto count = utf8proc_encode_char(mapped, bytes);
    spaced.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(count));
  }
  utf8proc_uint8_t* composed = nullptr;
  const auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(spaced.data()),
                   static_cast<utf8proc_ssize_t>(spaced.size()), &composed,
                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(composed, &std::free);
  if (size < 0) return spaced;
  return std::string(reinterpret_cast<const char*>(composed), static_cast<std::size_t>(size));
}

bool IsVisible(std::string_view text) {
  for (const CodePoint point : CodePointsOf(text)) {
    if (IsSeen(point)) return true;
  }
  return false;
}

bool HasHidden(std::string_view text) {
  const auto points = CodePointsOf(text);
  for (std::size_t i = 0; i < points.size(); ++i) {
    const CodePoint point = points[i];
    if (IsSeen(point) || utf8proc_category(point) == UTF8PROC_CATEGORY_ZS) continue;
    const bool after_seen = i > 0 && (IsSeen(points[i - 1]) || IsVariationSelector(points[i - 1]));
    const bool before_seen = i + 1 < points.size() && IsSeen(points[i + 1]);
    const bool joins =
        (point == kZeroWidthJoiner || point == kZeroWidthNonJoiner) && after_seen && before_seen;
    if (joins || (IsVariationSelector(point) && after_seen)) continue;
    return true;
  }
  return false;
}

Character FirstCharacter(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return {first, 1};
  CodePoint point = -1;
  const auto bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                      static_cast<utf8proc_ssize_t>(text.size()), &point);
  if (bytes <= 0) return {0xFFFD, 1};
  return {static_cast<char32_t>(point), static_cast<std::size_t>(bytes)};
}

bool IsWordCharacter(char32_t point) {
  if (point < 0x80) {
    return (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z') ||
           (point >= '0' && point <= '9') || point == '_';
  }
  switch (utf8proc_category(static_cast<CodePoint>(point))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO: return true;
    default: return false;
  }
}

std::string Lower(std::string_view text) {
  std::string lower;
  lower.reserve(text.size());
  bool after_letter = false;
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    if (byte < 0x80) {
      const bool capital = byte >= 'A' && byte <= 'Z';
      lower += static_cast<char>(capital ? byte | 0x20 : byte);
      after_letter = IsCased(byte) || (after_letter && IsCaseIgnorable(byte));
      text.remove_prefix(1);
      continue;
    }
    const auto [point, bytes] = FirstCharacter(text);
    text.remove_prefix(bytes);
    AppendLower(point, after_letter && !BeginsWithCased(text), lower);
    after_letter = IsCased(point) || (after_letter && IsCaseIgnorable(point));
  }
  return lower;
}

}  // namespace marquee
