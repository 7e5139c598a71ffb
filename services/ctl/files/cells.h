// What a cell of a table says, in the ways in which people and their programs write it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace marquee::ctl {

enum class NumberForm {
  kPlain,
  kWholeDecimal,  // a whole number with a decimal point, "114709.0", as pandas writes columns with
                  // gaps
  kDecimalComma,  // "3,5"
  kFraction,      // of a second: cut off
  kDate,          // "2005-09-06" or "2005-09-06 12:30:00", in UTC unless it says otherwise
  // What follows can't be taken:
  kTooLarge,    // a whole number beyond 64 bits
  kScientific,  // "1.1E+09": a spreadsheet has rounded it
  kQuoted,      // with quotes that aren't the file's way to quote
  kText,
};
constexpr bool IsTaken(NumberForm form) { return form <= NumberForm::kDate; }

// A whole number. `value` is set when the form is taken.
NumberForm ParseWhole(std::string_view text, std::int64_t& value);

NumberForm ParseDecimal(std::string_view text, bool comma_allowed, double& value);

// Seconds since 1970 of a number of seconds or of an ISO 8601 date.
NumberForm ParseSeconds(std::string_view text, std::int64_t& seconds);

// "0114709", "tt0114709", "114709.0", "114709" → "tt0114709" (IMDb's ids have seven digits at
// least); empty when it is none of these.
std::string ParseImdbId(std::string_view text);

// For messages: without what a terminal or a table would stumble over, and cut.
std::string Excerpt(std::string_view text, std::size_t most_bytes = 100);

// "2005-09-06 12:30:00", in UTC; the number itself before 1970 and after 9999.
std::string ShowSeconds(std::int64_t seconds);

}  // namespace marquee::ctl
