// A password that someone chooses.
#pragma once

#include <string>
#include <string_view>

#include "auth/domain/email.h"
#include "base/result.h"

namespace marquee::auth {

// A password as it is hashed and compared: RFC 8265's OpaqueString.
std::string ComparablePassword(std::string_view text);

class NewPassword {
 public:
  // 8 to 256 characters of any kind (NIST SP 800-63B: length, not composition), without the e-mail
  // address or the name in it, and not one of those that are tried first: common ones, sequences,
  // repetitions, rows of a keyboard, this product's name. InvalidArgument "password_too_short",
  // "password_too_long", "password_malformed", "password_contains_email" or "password_too_common",
  // on `field`.
  static Result<NewPassword> Make(std::string_view text, const Email& email, std::string field);

  const std::string& text() const { return text_; }

 private:
  explicit NewPassword(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace marquee::auth
