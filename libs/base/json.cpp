#include "base/json.h"

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace marquee {
namespace {

using Json = nlohmann::json;

Error Malformed(std::string what) {
  return Error::InvalidArgument("json_malformed", std::move(what));
}

}  // namespace

Result<Json> ParseJson(std::string_view text, int most_depth) {
  if (text.find('\0') != text.npos) return Malformed("contains a NUL");
  std::vector<std::set<std::string>> keys;
  std::string repeated;
  bool deep = false;
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    switch (event) {
      case Json::parse_event_t::object_start: keys.emplace_back(); break;
      case Json::parse_event_t::object_end: keys.pop_back(); break;
      case Json::parse_event_t::key:
        if (const auto& key = parsed.get_ref<const std::string&>(); !keys.back().insert(key).second)
          repeated = key;
        break;
      case Json::parse_event_t::array_start:
      case Json::parse_event_t::array_end:
      case Json::parse_event_t::value: break;
    }
    deep = deep || depth > most_depth;
    return !deep;
  };
  Json json = Json::parse(text, watch, /*allow_exceptions=*/false);
  if (deep) return Malformed("is nested too deep");
  if (json.is_discarded()) return Malformed("isn't JSON");
  if (!repeated.empty()) return Malformed("repeats the key " + repeated);
  return json;
}

}  // namespace marquee
