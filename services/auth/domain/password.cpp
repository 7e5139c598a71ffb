#include "auth/domain/password.h"

#include <zxcvbn.h>

#include <algorithm>

#include "base/text.h"
#include "base/unicode.h"

namespace marquee::auth {
namespace {

// What a guesser who knows the usual lists, keyboards, sequences and repetitions needs, in bits
// (Wheeler, "zxcvbn: Low-Budget Password Strength Estimation", 2016). Below, a password is one of
// the first ten million to be tried.
constexpr double kLeastBits = 24;
// The estimate's cost grows with the length; what is strong in its first characters is so whole.
constexpr std::size_t kJudgedBytes = 100;

bool Contains(std::string_view text, std::string_view part) {
  constexpr std::size_t kShortest = 4;  // a short name is in many words
  return part.size() >= kShortest && text.find(part) != std::string_view::npos;
}

bool IsEasilyGuessed(const std::string& text, const Email& email) {
  const std::string lower = AsciiLower(text);
  const std::string key = email.key();
  const std::string local = key.substr(0, key.find('@'));
  if (Contains(lower, local)) return true;
  const char* known[] = {key.c_str(), local.c_str(), "marquee", nullptr};
  const std::string judged = lower.substr(0, kJudgedBytes);
  return ZxcvbnMatch(judged.c_str(), known, nullptr) < kLeastBits;
}

}  // namespace

std::string ComparablePassword(std::string_view text) { return OpaqueString(text); }

Result<NewPassword> NewPassword::Make(std::string_view text, const Email& email,
                                      std::string field) {
  std::string password = ComparablePassword(text);
  const auto length = CodePoints(password);
  if (HasControls(password)) {
    return Error::InvalidArgument("password_malformed",
                                  "The password must have no control characters.", field);
  }
  if (length < 12) {
    return Error::InvalidArgument("password_too_short",
                                  "The password must have at least 12 characters.", field);
  }
  if (length > 256) {
    return Error::InvalidArgument("password_too_long",
                                  "The password must have at most 256 characters.", field);
  }
  if (IsEasilyGuessed(password, email)) {
    return Error::InvalidArgument("password_too_common",
                                  "This password is among the first to be guessed: choose another, "
                                  "such as a few words that nobody says together.",
                                  field);
  }
  return NewPassword(std::move(password));
}

}  // namespace marquee::auth
