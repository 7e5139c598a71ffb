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

}  // namespace marquee
