#include "auth/domain/email.h"

#include <algorithm>

#include "base/text.h"

namespace marquee::auth {
namespace {

bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// RFC 5321's dot-string.
bool IsLocalPart(std::string_view text) {
  if (text.empty() || text.size() > 64 || text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != text.npos) return false;
  return std::ranges::all_of(text, [](char c) {
    return IsLetterOrDigit(c) ||
           std::string_view(".!#$%&'*+/=?^_`{|}~-").find(c) != std::string_view::npos;
  });
}

bool IsLabel(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::ranges::all_of(text, [](char c) { return IsLetterOrDigit(c) || c == '-'; });
}

bool IsDomain(std::string_view text) {
  int labels = 0;
  std::string_view last;
  for (std::size_t start = 0; start <= text.size(); ++labels) {
    const auto dot = std::min(text.find('.', start), text.size());
    last = text.substr(start, dot - start);
    if (!IsLabel(last)) return false;
    start = dot + 1;
  }
  const bool numeric = std::ranges::all_of(last, [](char c) { return c >= '0' && c <= '9'; });
  return labels >= 2 && !numeric;
}

}  // namespace

Result<Email> Email::Make(std::string_view text) {
  text = Trimmed(text);
  const auto at = text.rfind('@');
  if (text.size() > 254 || at == text.npos || !IsLocalPart(text.substr(0, at)) ||
      !IsDomain(text.substr(at + 1))) {
    return Error::InvalidArgument("email_malformed",
                                  "This isn't an e-mail address like ada@example.com.", "email");
  }
  return Email(std::string(text.substr(0, at + 1)) + AsciiLower(text.substr(at + 1)));
}

std::string Email::key() const { return AsciiLower(address_); }

}  // namespace marquee::auth
