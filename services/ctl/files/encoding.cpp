#include "ctl/files/encoding.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace marquee::ctl {
namespace {

// U+0080 to U+009F of ISO 8859-1 are controls; these stand there instead. 0: nothing.
constexpr std::array<std::uint16_t, 32> kHigh = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

struct Magic {
  std::string_view bytes;
  std::string_view what;
};
constexpr std::array kMagics = {
    Magic{"\xFF\xFE", "UTF-16 text: save it as UTF-8 (in Excel: CSV UTF-8)"},
    Magic{"\xFE\xFF", "UTF-16 text: save it as UTF-8 (in Excel: CSV UTF-8)"},
    Magic{"PK\x03\x04", "a .zip or an Excel workbook: unpack it, or save the sheet as CSV UTF-8"},
    Magic{"PAR1", "Parquet: write it as CSV or JSON Lines"},
    Magic{"\x28\xB5\x2F\xFD", "compressed with zstd: unpack it"},
    Magic{"\xFD"
          "7zXZ",
          "compressed with xz: unpack it"},
    Magic{"BZh", "compressed with bzip2: unpack it"},
    Magic{"Rar!", "a .rar: unpack it"},
    Magic{"SQLite format 3", "an SQLite database: write its tables as CSV"},
    Magic{"%PDF", "a PDF"},
    Magic{"<!DOCTYPE", "a web page, not the file that was meant: fetch it again"},
    Magic{"<html", "a web page, not the file that was meant: fetch it again"}};

}  // namespace

bool AppendWindows1252(std::string_view text, std::string& out) {
  for (const char raw : text) {
    const auto byte = static_cast<unsigned char>(raw);
    if (byte < 0x80) {
      out += raw;
      continue;
    }
    const std::uint16_t point = byte < 0xA0 ? kHigh[byte - 0x80] : byte;
    if (point == 0) return false;
    if (point < 0x800) {
      out += static_cast<char>(0xC0 | point >> 6);
    } else {
      out += static_cast<char>(0xE0 | point >> 12);
      out += static_cast<char>(0x80 | (point >> 6 & 0x3F));
    }
    out += static_cast<char>(0x80 | (point & 0x3F));
  }
  return true;
}

Status CheckIsText(std::string_view first_bytes, const std::string& file) {
  for (const auto& [bytes, what] : kMagics) {
    if (first_bytes.starts_with(bytes))
      return Error::InvalidArgument("not_text", file + " is " + std::string(what) + ".");
  }
  // A single one is its row's fault.
  const auto nuls = std::count(first_bytes.begin(), first_bytes.end(), '\0');
  if (static_cast<std::size_t>(nuls) > first_bytes.size() / 16) {
    return Error::InvalidArgument(
        "not_text", file + " is full of NUL bytes: it is UTF-16 or no text. Save it as UTF-8.");
  }
  return {};
}

}  // namespace marquee::ctl
