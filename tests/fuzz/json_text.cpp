// JSON from outside that no message describes: tokens' payloads, artefacts' headers, cards.
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "fuzz/must.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto in = TextOf(data, size);
  const auto read = marquee::ParseJson(in);
  if (!read.ok()) {
    MUST(read.error().reason == "json_malformed");
    return 0;
  }
  MUST(in.find('\0') == std::string_view::npos);
  // Valid JSON is valid UTF-8, so it can be written; and it says the same again.
  const auto again = marquee::ParseJson(read->dump());
  MUST(again.ok() && again->dump() == read->dump());
  return 0;
}
