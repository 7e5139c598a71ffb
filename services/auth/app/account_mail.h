// What is done by links that come by mail: a lost password, and an address that is proved
// (docs/adr/0606). The requests only put the mail into the outbox: how long they take, and what they
// say, tells nothing of whether there is an account.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "auth/app/guess_guard.h"
#include "auth/app/passwords.h"
#include "auth/app/person.h"
#include "auth/domain/mail.h"
#include "auth/domain/ports.h"

namespace marquee::auth {

class AccountMail {
 public:
  // `enabled`: whether mail is set up. Where it isn't, requests are FailedPrecondition
  // "mail_disabled"; links of before work.
  AccountMail(MailRepository& mails, AccountRepository& accounts, Passwords& passwords,
              GuessGuard& guard, const Clock& clock, bool enabled)
      : mails_(mails),
        accounts_(accounts),
        passwords_(passwords),
        guard_(guard),
        clock_(clock),
        enabled_(enabled) {}

  // Both requests: ResourceExhausted "login_backoff" when too many were made for the address, or
  // from the network.
  Status RequestPasswordReset(const std::string& email, const CallContext& call);
  // To the person's own address, or to a new one, which needs the password. InvalidArgument
  // "password_wrong"; FailedPrecondition "email_verified" when there is nothing to prove.
  Status RequestEmailVerification(std::int64_t user_id, const std::optional<std::string>& new_email,
                                  const std::optional<std::string>& password,
                                  const CallContext& call);

  // InvalidArgument "link_invalid", or of the password's rules; AlreadyExists "email_taken";
  // ResourceExhausted "login_backoff".
  Status ConfirmPasswordReset(const std::string& token, const std::string& new_password,
                              const CallContext& call);
  Status ConfirmEmailVerification(const std::string& token, const CallContext& call);

 private:
  Status Enqueue(LinkPurpose purpose, const Email& email, std::int64_t user_id,
                 const CallContext& call);
  Result<MailLink> Link(LinkPurpose purpose, const std::string& token, const CallContext& call);

  MailRepository& mails_;
  AccountRepository& accounts_;
  Passwords& passwords_;
  GuessGuard& guard_;
  const Clock& clock_;
  const bool enabled_;
};

}  // namespace marquee::auth
