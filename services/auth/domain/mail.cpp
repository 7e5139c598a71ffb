#include "auth/domain/mail.h"

#include <algorithm>

namespace marquee::auth {

std::string_view Name(LinkPurpose purpose) {
  switch (purpose) {
    case LinkPurpose::kResetPassword: return "reset_password";
    case LinkPurpose::kVerifyEmail: return "verify_email";
  }
  return "";
}

std::optional<LinkPurpose> ParseLinkPurpose(std::string_view name) {
  for (const auto purpose : {LinkPurpose::kResetPassword, LinkPurpose::kVerifyEmail})
    if (Name(purpose) == name) return purpose;
  return std::nullopt;
}

std::chrono::seconds LifetimeOf(LinkPurpose purpose) {
  switch (purpose) {
    case LinkPurpose::kResetPassword: return std::chrono::hours{1};
    case LinkPurpose::kVerifyEmail: return std::chrono::hours{24};
  }
  return {};
}

Time RetryMailAt(int attempts, Time now) {
  constexpr std::chrono::seconds kFirst{5};
  constexpr std::chrono::seconds kLongest{std::chrono::minutes{10}};
  constexpr int kDoublings = 7;  // past the longest
  return now + std::min(kFirst * (1 << std::clamp(attempts - 1, 0, kDoublings)), kLongest);
}

Mail Compose(LinkPurpose purpose, const Email& to, const std::string& link_base,
             const std::string& token) {
  switch (purpose) {
    case LinkPurpose::kResetPassword:
      return {to, "A new password for Marquee",
              "Somebody, you it is hoped, asked for a new password for the account of " +
                  to.address() +
                  ".\n\n"
                  "Choose it here within an hour:\n\n  " +
                  link_base + "/reset-password#" + token +
                  "\n\n"
                  "or with marqueectl, which asks for the password:\n\n"
                  "  marqueectl account reset-password --token " +
                  token +
                  "\n\n"
                  "Both work once. If it wasn't you, nothing has changed, and there is nothing to "
                  "do.\n"};
    case LinkPurpose::kVerifyEmail:
      return {to, "Is this your address at Marquee?",
              "Somebody, you it is hoped, gave " + to.address() +
                  " as the address of an account.\n\n"
                  "Say within a day that it is yours:\n\n  " +
                  link_base + "/verify-email#" + token +
                  "\n\n"
                  "or with marqueectl:\n\n"
                  "  marqueectl account verify-email --token " +
                  token +
                  "\n\n"
                  "Both work once. If it wasn't you, do nothing.\n"};
  }
  return {to, "", ""};
}

}  // namespace marquee::auth
