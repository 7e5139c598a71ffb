// The outbox of mails and their links in memory, for tests, beside accounts in memory.
#pragma once

#include <map>
#include <mutex>

#include "auth/domain/mail.h"
#include "auth/testing/memory_store.h"

namespace marquee::auth {

class MemoryMails final : public MailRepository {
 public:
  explicit MemoryMails(MemoryStore& accounts) : accounts_(accounts) {}

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

  std::size_t waiting() {
    const std::lock_guard lock(mutex_);
    return outbox_.size();
  }

 private:
  struct Stored {
    WaitingMail mail;
    Time due_at;
  };
  Result<MailLink> Find(LinkPurpose purpose, const std::string& token_hash, Time now,
                        const CallContext& call);

  MemoryStore& accounts_;
  std::mutex mutex_;
  std::int64_t next_id_ = 1;
  std::map<std::int64_t, Stored> outbox_;
  std::map<std::string, MailLink> links_;
};

}  // namespace marquee::auth
