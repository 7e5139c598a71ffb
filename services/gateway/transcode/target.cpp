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

Error BadEncoding(std::string what) {
  return Error::InvalidArgument("malformed_target",
                                "The request's path or query " + std::move(what) + ".");
}

}  // namespace

Result<std::string> PercentDecode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const int high = i + 1 < text.size() ? HexDigit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0)
        return BadEncoding("has a '%' that two hexadecimal digits don't follow");
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else {
      out += text[i];
    }
  }
  if (!IsUtf8(out)) return BadEncoding("isn't UTF-8");
  if (out.find('\0') != std::string::npos) return BadEncoding("contains U+0000");
  return out;
}

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
  if (raw.empty() || raw[0] != '/') return BadEncoding("doesn't start with '/'");
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

  std::string_view query = raw.substr(question + 1);
  while (!query.empty()) {
    const std::size_t ampersand = query.find('&');
    const std::string_view pair = query.substr(0, ampersand);
    query.remove_prefix(ampersand == std::string_view::npos ? query.size() : ampersand + 1);
    if (pair.empty()) continue;
    if (target.query.size() == kMaxQueryParameters) return BadEncoding("has too many parameters");
    const std::size_t equals = pair.find('=');
    ASSIGN_OR_RETURN(std::string name, PercentDecode(pair.substr(0, equals), true));
    std::string value;
    if (equals != std::string_view::npos) {
      ASSIGN_OR_RETURN(value, PercentDecode(pair.substr(equals + 1), true));
    }
    target.query.emplace_back(std::move(name), std::move(value));
  }
  return target;
}

}  // namespace marquee::gateway
