#include "auth/domain/password.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace marquee::auth {
namespace {

// Of the lists of leaked passwords, those that are long enough; in lower case.
constexpr std::array<std::string_view, 22> kCommon = {
    "123456789012",   "1234567890123",  "12345678901234",   "123456789012345", "1234567890123456",
    "012345678901",   "123123123123",   "121212121212",     "qwertyuiop12",    "qwertyuiop123",
    "qwertyuiopasdf", "1qaz2wsx3edc",   "1q2w3e4r5t6y",     "q1w2e3r4t5y6",    "password1234",
    "password12345",  "password123456", "passwordpassword", "administrator",   "administrator1",
    "letmeinletmein", "iloveyou1234"};

bool IsOneCharacterRepeated(std::string_view text) {
  return std::ranges::all_of(text, [&](char c) { return c == text.front(); });
}

}  // namespace

Result<NewPassword> NewPassword::Make(std::string text, const Email& email, std::string field) {
  const auto length = CodePoints(text);
  if (length < 12) {
    return Error::InvalidArgument("password_too_short",
                                  "The password must have at least 12 characters.", field);
  }
  if (length > 256) {
    return Error::InvalidArgument("password_too_long",
                                  "The password must have at most 256 characters.", field);
  }
  const std::string lower = AsciiLower(text);
  if (lower == email.key() || IsOneCharacterRepeated(text) ||
      std::ranges::find(kCommon, lower) != kCommon.end()) {
    return Error::InvalidArgument("password_too_common",
                                  "This password is among the first to be guessed: choose another.",
                                  field);
  }
  return NewPassword(std::move(text));
}

}  // namespace marquee::auth
