#include "base/log_position.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <system_error>
#include <vector>

namespace marquee {
namespace {

bool IsStream(std::string_view text) {
  constexpr std::size_t kMostBytes = 64;
  return !text.empty() && text.size() <= kMostBytes &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
         });
}

}  // namespace

std::string Position::ToString() const {
  std::string text =
      stream + ":" + std::to_string(at.partition) + ":" + std::to_string(at.next_offset);
  if (at.fingerprint == 0) return text;
  absl::StrAppend(&text, ":", absl::Hex(at.fingerprint, absl::kZeroPad16));
  return text;
}

std::optional<Position> Position::Parse(std::string_view text) {
  const auto whole = [](std::string_view digits, auto& value, int base = 10) {
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    return error == std::errc{} && end == digits.data() + digits.size() && value >= 0;
  };
  std::vector<std::string_view> parts;
  while (parts.size() < 4) {
    const auto colon = text.find(':');
    parts.push_back(text.substr(0, colon));
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
    if (parts.size() == 4) return std::nullopt;
  }
  if (parts.size() < 3 || !IsStream(parts[0])) return std::nullopt;
  Position position{.stream = std::string(parts[0])};
  if (!whole(parts[1], position.at.partition)) return std::nullopt;
  if (!whole(parts[2], position.at.next_offset)) return std::nullopt;
  if (parts.size() == 4 &&
      (parts[3].size() != 16 || !whole(parts[3], position.at.fingerprint, 16))) {
    return std::nullopt;
  }
  return position;
}

}  // namespace marquee
