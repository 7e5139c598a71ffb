// The fields of a record of delimited text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace marquee::ctl {

enum class Quotes {
  kClosed,
  kOpen,  // a quoted field goes on in the next line
  kBad,   // text behind a closing quote
};

// At each `separator`, quotes being characters as others. The fields are views of `record`.
void SplitPlain(std::string_view record, std::string_view separator,
                std::vector<std::string_view>& fields);

// As RFC 4180 has it: a field in quotes may hold separators, line breaks and, doubled, quotes; a
// quote within a field that doesn't begin with one is a character as others. The fields are views
// of `record` and `unquoted`.
Quotes SplitQuoted(std::string_view record, char separator, std::vector<std::string_view>& fields,
                   std::string& unquoted);

}  // namespace marquee::ctl
