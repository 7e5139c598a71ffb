// The outbox of mails and their links in PostgreSQL.
#pragma once

#include "auth/domain/mail.h"

namespace marquee::pg {
class Pool;
}

namespace marquee::auth {

class PgMails final : public MailRepository {
 public:
  explicit PgMails(pg::Pool& pool) : pool_(pool) {}

  Status Enqueue(LinkPurpose purpose, const Email& email, std::int64_t user_id, Time now,
                 const CallContext& call) override;
  Result<std::optional<WaitingMail>> Take(Time now, Time until, const CallContext& call) override;
  Status Postpone(std::int64_t mail_id, Time due_at, const CallContext& call) override;
  Status Remove(std::int64_t mail_id, const CallContext& call) override;
  Status Issue(const MailLink& link, const std::string& token_hash, Time now,
               const CallContext& call) override;
  Result<MailLink> FindLink(LinkPurpose purpose, const std::string& token_hash, Time now,
                            const CallContext& call) override;
  Status ResetPassword(const std::string& token_hash, const std::string& password_hash,
                       const std::string& network, Time now, const CallContext& call) override;
  Status VerifyEmail(const std::string& token_hash, Time now, const CallContext& call) override;

 private:
  pg::Pool& pool_;
};

}  // namespace marquee::auth
