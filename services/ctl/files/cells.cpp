#include "ctl/files/cells.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <optional>

#include "base/text.h"

namespace marquee::ctl {
namespace {

constexpr std::string_view kDigits = "0123456789";

// Tables have numbers without blanks nearly always, and with ASCII ones else.
std::string_view TrimBlanks(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

template <typename T>
std::errc ParseAll(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return error;
  return end == text.data() + text.size() ? std::errc{} : std::errc::invalid_argument;
}

// Why a text isn't a number.
NumberForm WhyNot(std::string_view text) {
  if (text.find_first_of("'\"`") != text.npos) return NumberForm::kQuoted;
  const std::string_view unsigned_text = text.substr(text.starts_with('-') ? 1 : 0);
  if (!unsigned_text.empty() && unsigned_text.find_first_not_of(kDigits) == text.npos)
    return NumberForm::kTooLarge;
  double number = 0;
  const bool exponent = text.find_first_of("eE") != text.npos;
  if (exponent && ParseAll(text, number) == std::errc{}) return NumberForm::kScientific;
  return NumberForm::kText;
}

struct Point {
  std::string_view whole, fraction;
};
// "114709.0" → "114709" and "0"
std::optional<Point> SplitAtPoint(std::string_view text) {
  const auto at = text.find('.');
  if (at == text.npos || at == 0) return std::nullopt;
  const Point point{text.substr(0, at), text.substr(at + 1)};
  if (point.fraction.find_first_not_of(kDigits) != text.npos) return std::nullopt;
  return point;
}

bool TakeNumber(std::string_view& text, std::size_t digits, int& value) {
  if (text.size() < digits || text.substr(0, digits).find_first_not_of(kDigits) != text.npos)
    return false;
  std::from_chars(text.data(), text.data() + digits, value);
  text.remove_prefix(digits);
  return true;
}
bool TakeChar(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// "12:30", "12:30:05", "12:30:05.250", then "Z", "+02:00", "+0200" or nothing.
bool TakeTime(std::string_view& text, std::int64_t& seconds) {
  int hour = 0, minute = 0, second = 0;
  if (!TakeNumber(text, 2, hour) || !TakeChar(text, ':') || !TakeNumber(text, 2, minute))
    return false;
  if (TakeChar(text, ':') && !TakeNumber(text, 2, second)) return false;
  if (hour > 23 || minute > 59 || second > 60) return false;
  if (TakeChar(text, '.')) {
    const auto digits = std::min(text.find_first_not_of(kDigits), text.size());
    if (digits == 0) return false;
    text.remove_prefix(digits);
  }
  seconds += hour * 3'600 + minute * 60 + second;
  if (text.empty() || TakeChar(text, 'Z')) return true;
  const int sign = text[0] == '-' ? -1 : 1;
  int zone_hour = 0, zone_minute = 0;
  if (!TakeChar(text, '+') && !TakeChar(text, '-')) return false;
  if (!TakeNumber(text, 2, zone_hour)) return false;
  TakeChar(text, ':');
  if (!text.empty() && !TakeNumber(text, 2, zone_minute)) return false;
  seconds -= sign * (zone_hour * 3'600 + zone_minute * 60);
  return true;
}

bool ParseDate(std::string_view text, std::int64_t& seconds) {
  int year = 0, month = 0, day = 0;
  if (!TakeNumber(text, 4, year) || !TakeChar(text, '-') || !TakeNumber(text, 2, month) ||
      !TakeChar(text, '-') || !TakeNumber(text, 2, day)) {
    return false;
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return false;
  seconds = std::chrono::sys_days(date).time_since_epoch().count() * std::int64_t{86'400};
  if (text.empty()) return true;
  return (TakeChar(text, 'T') || TakeChar(text, ' ')) && TakeTime(text, seconds) && text.empty();
}

}  // namespace

NumberForm ParseWhole(std::string_view text, std::int64_t& value) {
  text = TrimBlanks(text);
  if (ParseAll(text, value) == std::errc{}) return NumberForm::kPlain;
  if (const auto point = SplitAtPoint(text);
      point && point->fraction.find_first_not_of('0') == text.npos) {
    const auto whole = ParseAll(point->whole, value);
    if (whole == std::errc{}) return NumberForm::kWholeDecimal;
    if (whole == std::errc::result_out_of_range) return NumberForm::kTooLarge;
  }
  return WhyNot(text);
}

NumberForm ParseDecimal(std::string_view text, bool comma_allowed, double& value) {
  text = TrimBlanks(text);
  if (ParseAll(text, value) == std::errc{}) return NumberForm::kPlain;
  if (comma_allowed && std::count(text.begin(), text.end(), ',') == 1) {
    std::string with_point(text);
    with_point[with_point.find(',')] = '.';
    if (ParseAll<double>(with_point, value) == std::errc{}) return NumberForm::kDecimalComma;
  }
  return WhyNot(text);
}

NumberForm ParseSeconds(std::string_view text, std::int64_t& seconds) {
  const NumberForm form = ParseWhole(text, seconds);
  if (IsTaken(form) || form == NumberForm::kTooLarge) return form;
  text = TrimBlanks(text);
  if (ParseDate(text, seconds)) return NumberForm::kDate;
  if (const auto point = SplitAtPoint(text);
      point && !point->fraction.empty() && ParseAll(point->whole, seconds) == std::errc{}) {
    return NumberForm::kFraction;
  }
  return form;
}

std::string ParseImdbId(std::string_view text) {
  constexpr std::size_t kDigitsAtLeast = 7;
  text = TrimBlanks(text);
  if (text.starts_with("tt")) {
    text.remove_prefix(2);
  } else if (const auto point = SplitAtPoint(text);
             point && point->fraction.find_first_not_of('0') == text.npos) {
    text = point->whole;
  }
  if (text.empty() || text.find_first_not_of(kDigits) != text.npos) return {};
  std::string id = "tt";
  if (text.size() < kDigitsAtLeast) id.append(kDigitsAtLeast - text.size(), '0');
  return id.append(text);
}

std::string Excerpt(std::string_view text, std::size_t most_bytes) {
  std::string out;
  const bool utf8 = IsUtf8(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool start = c < 0x80 || c >= 0xC0;
    if (out.size() >= most_bytes && start) return out + "…";
    const bool c1 =
        c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (c < 0x20 || c == 0x7F || (!utf8 && c >= 0x80)) {
      char escaped[5];
      std::snprintf(escaped, sizeof escaped, "\\x%02X", c);
      out += escaped;
    } else if (c1) {
      out += '?';
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string ShowSeconds(std::int64_t seconds) {
  using namespace std::chrono;
  constexpr std::int64_t kMostSeconds = 253'402'300'799;  // the end of the year 9999
  if (seconds < 0 || seconds > kMostSeconds) return std::to_string(seconds);
  const sys_seconds time{std::chrono::seconds(seconds)};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u %02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

}  // namespace marquee::ctl
