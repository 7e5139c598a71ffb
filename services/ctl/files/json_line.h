// A line of JSON Lines as a row of cells.
#pragma once

#include <array>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ctl/files/columns.h"

namespace marquee::ctl {

struct JsonRow {
  std::array<std::string, kColumns> cells;  // as text; a list as JSON; empty for null
  std::array<std::string, kColumns> names;  // of the cells that aren't empty
  std::set<std::string> ignored;            // members that mean nothing here
};

// Replaces `row`, but for `ignored`, which grows. InvalidArgument "bad_json": no object, or one
// that has a column twice.
Status ParseJsonLine(Table table, std::string_view line, JsonRow& row);

}  // namespace marquee::ctl
