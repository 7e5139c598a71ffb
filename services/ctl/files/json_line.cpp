#include "ctl/files/json_line.h"

#include <nlohmann/json.hpp>
#include <optional>

namespace marquee::ctl {
namespace {

using nlohmann::json;

Error BadJson(std::string why) { return Error::InvalidArgument("bad_json", std::move(why)); }

constexpr std::size_t kMostIgnored = 30;

}  // namespace

Status ParseJsonLine(Table table, std::string_view line, JsonRow& row) {
  // An object keeps one member of each name; that there were two is seen here only.
  std::set<std::string> names;
  std::optional<std::string> twice;
  const json object = json::parse(
      line,
      [&](int depth, json::parse_event_t event, json& parsed) {
        if (event == json::parse_event_t::key && depth == 1 &&
            !names.insert(parsed.get<std::string>()).second) {
          twice = parsed.get<std::string>();
        }
        return true;
      },
      false);
  if (!object.is_object()) return BadJson("the line is not a JSON object");
  if (twice) return BadJson("the object has \"" + *twice + "\" twice");
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
