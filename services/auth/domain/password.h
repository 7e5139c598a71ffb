// A password that someone chooses.
#pragma once

#include <string>
#include <string_view>

#include "auth/domain/email.h"
#include "base/result.h"

namespace marquee::auth {

class NewPassword {
 public:
  // 12 to 256 characters of any kind (NIST SP 800-63B: length, not composition), not the e-mail
  // address, and not one of those that everyone tries first. InvalidArgument "password_too_short",
  // "password_too_long" or "password_too_common", on `field`.
  static Result<NewPassword> Make(std::string text, const Email& email, std::string field);

  const std::string& text() const { return text_; }

 private:
  explicit NewPassword(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace marquee::auth
