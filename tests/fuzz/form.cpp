// An application/x-www-form-urlencoded body, and the query and path of a request's target.
#include "base/percent.h"
#include "base/text.h"
#include "fuzz/must.h"
#include "gateway/transcode/target.h"

using namespace marquee::gateway;  // NOLINT(google-build-using-namespace): a program of its own

namespace {

// What was read is text without U+0000, and reads the same when it is written again.
void MustBeText(std::string_view text) {
  MUST(marquee::IsUtf8(text) && text.find('\0') == std::string_view::npos);
  const auto again = PercentDecode(marquee::PercentEncode(text));
  MUST(again.ok() && *again == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto in = TextOf(data, size);
  if (const auto form = ParseForm(in); form.ok()) {
    MUST(form->size() <= kMaxQueryParameters);
    std::string written;
    for (const auto& [name, value] : *form) {
      MustBeText(name);
      MustBeText(value);
      written += (written.empty() ? "" : "&") + marquee::PercentEncode(name) + "=" +
                 marquee::PercentEncode(value);
    }
    const auto again = ParseForm(written);
    MUST(again.ok() && *again == *form);
  } else {
    MUST(form.error().reason == "malformed_form");
  }
  if (const auto target = ParseTarget(in); target.ok()) {
    MUST(in.size() <= kMaxTargetBytes && in.front() == '/');
    MUST(target->query.size() <= kMaxQueryParameters);
    for (const auto& [name, value] : target->query) {
      MustBeText(name);
      MustBeText(value);
    }
    for (const auto segment : target->segments) MUST(segment.find('/') == std::string_view::npos);
  }
  return 0;
}
