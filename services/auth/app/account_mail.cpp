#include "auth/app/account_mail.h"

#include "base/digest.h"

namespace marquee::auth {

Status AccountMail::Enqueue(LinkPurpose purpose, const Email& email, std::int64_t user_id,
                            const CallContext& call) {
  if (!enabled_)
    return Error::FailedPrecondition("mail_disabled", "No mail server is configured here.");
  // Never taken back: each costs a mail.
  ASSIGN_OR_RETURN([[maybe_unused]] const auto guess, guard_.Begin(Secret::kMail, email, call));
  return mails_.Enqueue(purpose, email, user_id, clock_.Now(), call);
}

Status AccountMail::RequestPasswordReset(const std::string& email, const CallContext& call) {
  ASSIGN_OR_RETURN(const Email address, Email::Make(email));
  constexpr std::int64_t kWhoever = 0;
  return Enqueue(LinkPurpose::kResetPassword, address, kWhoever, call);
}

Status AccountMail::RequestEmailVerification(std::int64_t user_id,
                                             const std::optional<std::string>& new_email,
                                             const std::optional<std::string>& password,
                                             const CallContext& call) {
  if (!new_email) {
    ASSIGN_OR_RETURN(const Account account, accounts_.Find(user_id, call));
    if (account.email_verified)
      return Error::FailedPrecondition("email_verified", "The address is proved already.");
    ASSIGN_OR_RETURN(const Email email, Email::Make(account.email));
    return Enqueue(LinkPurpose::kVerifyEmail, email, user_id, call);
  }
  auto email = Email::Make(*new_email);
  if (!email.ok()) {
    email.error().field = "new_email";
    return email.error();
  }
  if (!password)
    return Error::InvalidArgument("missing_field", "Say the password, too.", "password");
  ASSIGN_OR_RETURN([[maybe_unused]] const Account account,
                   passwords_.CheckCurrent(user_id, *password, "password", call));
  return Enqueue(LinkPurpose::kVerifyEmail, *email, user_id, call);
}

Result<MailLink> AccountMail::Link(LinkPurpose purpose, const std::string& token,
                                   const CallContext& call) {
  ASSIGN_OR_RETURN(const auto guess, guard_.BeginFromNetwork(call));
  auto link = mails_.FindLink(purpose, Sha256(token), clock_.Now(), call);
  const bool judged = link.ok() || link.error().reason == "link_invalid";
  ASSIGN_OR_RETURN([[maybe_unused]] const bool right,
                   guard_.End(guess, judged ? Result<bool>(link.ok()) : link.error()));
  return link;
}

Status AccountMail::ConfirmPasswordReset(const std::string& token, const std::string& new_password,
                                         const CallContext& call) {
  ASSIGN_OR_RETURN(const MailLink link, Link(LinkPurpose::kResetPassword, token, call));
  ASSIGN_OR_RETURN(const Account account, accounts_.Find(link.user_id, call));
  ASSIGN_OR_RETURN(const Email email, Email::Make(account.email));
  ASSIGN_OR_RETURN(const NewPassword password,
                   NewPassword::Make(new_password, email, "new_password"));
  ASSIGN_OR_RETURN(const std::string hash, passwords_.Hash(password, email, call));
  return mails_.ResetPassword(Sha256(token), hash, NetworkOf(call.client_address), clock_.Now(),
                              call);
}

Status AccountMail::ConfirmEmailVerification(const std::string& token, const CallContext& call) {
  ASSIGN_OR_RETURN([[maybe_unused]] const MailLink link,
                   Link(LinkPurpose::kVerifyEmail, token, call));
  return mails_.VerifyEmail(Sha256(token), clock_.Now(), call);
}

}  // namespace marquee::auth
