#include "base/percent.h"

#include "base/text.h"

namespace marquee {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Error Bad(std::string what) { return Error::InvalidArgument("percent_malformed", std::move(what)); }

}  // namespace

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

std::string FormEncode(const FormFields& fields) {
  std::string form;
  for (const auto& [name, value] : fields) {
    if (value.empty()) continue;
    form += (form.empty() ? "" : "&") + name + "=" + PercentEncode(value);
  }
  return form;
}

std::string WithQuery(std::string uri, const FormFields& fields) {
  const std::string query = FormEncode(fields);
  if (query.empty()) return uri;
  uri += uri.find('?') == uri.npos ? '?' : '&';
  return uri += query;
}

Result<std::string> PercentDecode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const int high = i + 1 < text.size() ? HexDigit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return Bad("has a '%' that two hexadecimal digits don't follow");
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else {
      out += text[i];
    }
  }
  if (!IsUtf8(out)) return Bad("isn't UTF-8");
  if (out.find('\0') != std::string::npos) return Bad("contains U+0000");
  return out;
}

}  // namespace marquee
