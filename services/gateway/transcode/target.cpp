#include "gateway/transcode/target.h"

#include <cstdint>

#include "base/percent.h"

namespace marquee::gateway {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;
using Complain = Error (*)(std::string_view what);

Error BadTarget(std::string_view what) {
  return Error::InvalidArgument("malformed_target",
                                "The request's path or query " + std::string(what) + ".");
}

Error BadForm(std::string_view what) {
  return Error::InvalidArgument("malformed_form", "The form " + std::string(what) + ".");
}

Result<std::string> Decode(std::string_view text, bool plus_is_space, Complain bad) {
  auto decoded = marquee::PercentDecode(text, plus_is_space);
  if (!decoded.ok()) return bad(decoded.error().message);
  return decoded;
}

Result<Pairs> ParsePairs(std::string_view text, Complain bad) {
  Pairs pairs;
  while (!text.empty()) {
    const std::size_t ampersand = text.find('&');
    const std::string_view pair = text.substr(0, ampersand);
    text.remove_prefix(ampersand == std::string_view::npos ? text.size() : ampersand + 1);
    if (pair.empty()) continue;
    if (pairs.size() == kMaxQueryParameters) return bad("has too many parameters");
    const std::size_t equals = pair.find('=');
    ASSIGN_OR_RETURN(std::string name, Decode(pair.substr(0, equals), true, bad));
    std::string value;
    if (equals != std::string_view::npos) {
      ASSIGN_OR_RETURN(value, Decode(pair.substr(equals + 1), true, bad));
    }
    pairs.emplace_back(std::move(name), std::move(value));
  }
  return pairs;
}

}  // namespace

Result<std::string> PercentDecode(std::string_view text, bool plus_is_space) {
  return Decode(text, plus_is_space, BadTarget);
}

Result<Pairs> ParseForm(std::string_view text) { return ParsePairs(text, BadForm); }

Result<Target> ParseTarget(std::string_view raw) {
  if (raw.size() > kMaxTargetBytes) {
    return Error::InvalidArgument("target_too_long",
                                  "The request's path and query are longer than " +
                                      std::to_string(kMaxTargetBytes) + " bytes.");
  }
  if (raw.empty() || raw[0] != '/') return BadTarget("doesn't start with '/'");
  Target target;
  const std::size_t question = raw.find('?');
  std::string_view path =
      raw.substr(1, question == std::string_view::npos ? question : question - 1);
  for (;;) {
    const std::size_t slash = path.find('/');
    target.segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  if (question == std::string_view::npos) return target;

  ASSIGN_OR_RETURN(target.query, ParsePairs(raw.substr(question + 1), BadTarget));
  return target;
}

}  // namespace marquee::gateway
