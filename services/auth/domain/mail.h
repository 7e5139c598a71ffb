// Mail with a link that is good once: for a new password, or to prove an address (docs/adr/0606).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auth/domain/account.h"
#include "auth/domain/email.h"
#include "base/call_context.h"
#include "base/clock.h"
#include "base/result.h"

namespace marquee::auth {

enum class LinkPurpose { kResetPassword, kVerifyEmail };

std::string_view Name(LinkPurpose purpose);  // "reset_password", "verify_email"
std::optional<LinkPurpose> ParseLinkPurpose(std::string_view name);
// From when it is sent; and for as long a mail is tried to be sent.
std::chrono::seconds LifetimeOf(LinkPurpose purpose);

// A mail that waits for its turn. Its link isn't made before that: no token rests anywhere.
struct WaitingMail {
  std::int64_t mail_id = 0;
  LinkPurpose purpose = LinkPurpose::kResetPassword;
  Email email;               // to whom
  std::int64_t user_id = 0;  // 0: of whoever's address it is, if it is anybody's
  int attempts = 0;          // to send it, this one included
  Time expires_at = {};      // no attempt from then on
};

// When to try again what couldn't be sent: after five seconds, and twice as long each time, ten
// minutes at most.
Time RetryMailAt(int attempts, Time now);

struct MailLink {
  std::int64_t user_id = 0;
  LinkPurpose purpose = LinkPurpose::kResetPassword;
  Email email;  // that it went to
  Time expires_at = {};
};

struct Mail {
  Email to;
  std::string subject;  // ASCII, one line
  std::string text;     // ASCII; lines end with \n and have fewer than 998 bytes
};

// `link_base` is where links begin, without a slash at its end. The token is the link's fragment,
// which browsers send to nobody.
Mail Compose(LinkPurpose purpose, const Email& to, const std::string& link_base,
             const std::string& token);

// Where mails and links are kept. store/ implements it; testing/mail_contract.h is what every store
// must do. As the ports of domain/ports.h. Links are known by their tokens' hashes (32 bytes) only.
class MailRepository {
 public:
  virtual ~MailRepository() = default;
  virtual Status Enqueue(LinkPurpose purpose, const Email& email, std::int64_t user_id, Time now,
                         const CallContext& call) = 0;
  // The one that is due the longest, for this caller alone until `until`: who hasn't removed it by
  // then is taken to have failed. nullopt: none is due.
  virtual Result<std::optional<WaitingMail>> Take(Time now, Time until,
                                                  const CallContext& call) = 0;
  virtual Status Postpone(std::int64_t mail_id, Time due_at, const CallContext& call) = 0;
  virtual Status Remove(std::int64_t mail_id, const CallContext& call) = 0;

  // In place of the account's link of that purpose, and forgets those that have expired. NotFound
  // "account_unknown".
  virtual Status Issue(const MailLink& link, const std::string& token_hash, Time now,
                       const CallContext& call) = 0;
  // InvalidArgument "link_invalid" on "token": it never was, was used, replaced, or has expired; as
  // below.
  virtual Result<MailLink> FindLink(LinkPurpose purpose, const std::string& token_hash, Time now,
                                    const CallContext& call) = 0;
  // These use it up, for one of those who come at the same time.
  //
  // Sets the password and ends the account's sessions. The address is proved by that, and the
  // network, unless it is empty, known (SessionRepository::KnowsNetwork).
  virtual Status ResetPassword(const std::string& token_hash, const std::string& password_hash,
                               const std::string& network, Time now, const CallContext& call) = 0;
  // The link's address is the account's, and proved. AlreadyExists "email_taken".
  virtual Status VerifyEmail(const std::string& token_hash, Time now, const CallContext& call) = 0;
};

}  // namespace marquee::auth
