#include "ctl/files/json_line.h"

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace marquee::ctl {
namespace {

using nlohmann::json;

Error BadJson(std::string why) { return Error::InvalidArgument("bad_json", std::move(why)); }

constexpr std::size_t kMostIgnored = 30;

}  // namespace

Status ParseJsonLine(Table table, std::string_view line, JsonRow& row) {
  const auto parsed = ParseJson(line);
  if (!parsed.ok()) return BadJson("the line " + parsed.error().message);
  const json& object = *parsed;
  if (!object.is_object()) return BadJson("the line is not a JSON object");
  for (auto& cell : row.cells) cell.clear();
  std::array<const std::string*, kColumns> taken{};
  for (const auto& [name, value] : object.items()) {
    const auto column = ColumnNamed(table, name);
    if (!column) {
      if (row.ignored.size() < kMostIgnored) row.ignored.insert(name);
      continue;
    }
    if (value.is_null()) continue;
    auto& seen = taken[static_cast<std::size_t>(*column)];
    if (seen != nullptr)
      return BadJson("the object has both \"" + *seen + "\" and \"" + name + "\"");
    seen = &name;
    row.names[static_cast<std::size_t>(*column)] = name;
    row.cells[static_cast<std::size_t>(*column)] =
        value.is_string() ? value.get<std::string>() : value.dump();
  }
  return {};
}

}  // namespace marquee::ctl
