// A template (the first line) and a target that is looked up with it (the rest).
#include "gateway/transcode/path_template.h"
#include "base/percent.h"
#include "fuzz/must.h"
#include "gateway/transcode/target.h"

using namespace marquee::gateway;  // NOLINT(google-build-using-namespace): a program of its own

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto in = TextOf(data, size);
  const auto line = std::min(in.find('\n'), in.size());
  const auto raw = in.substr(std::min(line + 1, in.size()));
  if (const auto text = PercentDecode(raw); text.ok()) {
    const auto again = PercentDecode(marquee::PercentEncode(*text));
    MUST(again.ok() && *again == *text);
  }
  auto parsed = PathTemplate::Parse(in.substr(0, line));
  const auto target = ParseTarget(raw);
  if (target.ok())
    MUST(raw.size() <= kMaxTargetBytes && target->query.size() <= kMaxQueryParameters);
  if (!parsed.ok() || !target.ok()) return 0;
  const auto variables = parsed->variables.size();
  for (const auto& variable : parsed->variables)
    MUST(variable.begin < variable.end && variable.end <= parsed->segments.size());
  PathTable table;
  MUST(table.Add(*parsed, "GET", 7).ok());
  MUST(!table.Add(*parsed, "GET", 8).ok());
  const auto found = table.Find(target->segments, "GET");
  if (found.ok() && found->binding >= 0)
    MUST(found->binding == 7 && found->captures.size() == variables);
  const auto other = table.Find(target->segments, "PUT");
  if (other.ok()) MUST(other->binding == -1);
  return 0;
}
