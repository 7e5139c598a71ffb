// Which characters a file's bytes stand for.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace marquee::ctl {

enum class Encoding {
  kUtf8,               // what isn't UTF-8 is a reject
  kUtf8OrWindows1252,  // MovieLens 100K and 1M: a line that isn't UTF-8 is Windows-1252
  kWindows1252,        // every line
};

// Appends `text`, which is Windows-1252 (of which ISO 8859-1 is a part), to `out`. False for the
// five bytes that stand for nothing there.
bool AppendWindows1252(std::string_view text, std::string& out);

// InvalidArgument "not_text" when a file's first bytes aren't text in an encoding that is known
// here: UTF-16, a compressed file, a spreadsheet, Parquet, a web page, anything full of NUL bytes.
Status CheckIsText(std::string_view first_bytes, const std::string& file);

}  // namespace marquee::ctl
