// An e-mail address, as people sign in with it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace marquee::auth {

class Email {
 public:
  // Trims, and lower-cases the domain. Takes what mail systems take in practice: an unquoted ASCII
  // local part and a domain of at least two labels (an international domain in its xn-- form).
  // InvalidArgument "email_malformed".
  static Result<Email> Make(std::string_view text);

  // As it is shown and written to: "Ada.L@example.com".
  const std::string& address() const { return address_; }
  // By which addresses are the same: in lower case.
  std::string key() const;

 private:
  explicit Email(std::string address) : address_(std::move(address)) {}
  std::string address_;
};

}  // namespace marquee::auth
