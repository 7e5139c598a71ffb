#include "gateway/transcode/target.h"

#include <cstdint>

#include "base/text.h"

namespace marquee::gateway {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

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
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const int high = i + 1 < text.size() ? HexDigit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return bad("has a '%' that two hexadecimal digits don't follow");
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else {
      out += text[i];
    }
  }
  if (!IsUtf8(out)) return bad("isn't UTF-8");
  if (out.find('\0') != std::string::npos) return bad("contains U+0000");
  return out;
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

std::string PercentEncode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

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
