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

constexpr std::size_t kShortest = 8;
constexpr std::size_t kLongest = 256;
constexpr char kProduct[] = "marquee";

bool Contains(std::string_view text, std::string_view part) {
  constexpr std::size_t kShortestPart = 4;  // a short name is in many words
  return part.size() >= kShortestPart && text.find(part) != std::string_view::npos;
}

// The whole address has the name in it; a name that is too short to be looked for hasn't.
bool ContainsEmail(const std::string& lower, const Email& email) {
  const std::string key = email.key();
  return Contains(lower, key) || Contains(lower, key.substr(0, key.find('@')));
}

bool IsEasilyGuessed(const std::string& lower, const Email& email) {
  if (Contains(lower, kProduct)) return true;
  const std::string key = email.key();
  const std::string local = key.substr(0, key.find('@'));
  const char* known[] = {key.c_str(), local.c_str(), nullptr};
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
  if (length < kShortest) {
    return Error::InvalidArgument(
        "password_too_short",
        "The password must have at least " + std::to_string(kShortest) + " characters.", field);
  }
  if (length > kLongest) {
    return Error::InvalidArgument(
        "password_too_long",
        "The password must have at most " + std::to_string(kLongest) + " characters.", field);
  }
  const std::string lower = AsciiLower(password);
  if (ContainsEmail(lower, email)) {
    return Error::InvalidArgument(
        "password_contains_email",
        "The password must have neither your e-mail address in it nor the name before its @.",
        field);
  }
  if (IsEasilyGuessed(lower, email)) {
    return Error::InvalidArgument("password_too_common",
                                  "This password is among the first to be guessed: choose another, "
                                  "such as a few words that nobody says together.",
                                  field);
  }
  return NewPassword(std::move(password));
}

}  // namespace marquee::auth
