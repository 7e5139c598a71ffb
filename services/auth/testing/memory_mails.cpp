#include "auth/testing/memory_mails.h"

#include <algorithm>

#include "auth/store/errors.h"

namespace marquee::auth {

Status MemoryMails::Enqueue(LinkPurpose purpose, const Email& email, std::int64_t user_id, Time now,
                            const CallContext&) {
  const std::lock_guard lock(mutex_);
  const WaitingMail mail{.mail_id = next_id_++,
                         .purpose = purpose,
                         .email = email,
                         .user_id = user_id,
                         .expires_at = now + LifetimeOf(purpose)};
  outbox_.emplace(mail.mail_id, Stored{mail, now});
  return {};
}

Result<std::optional<WaitingMail>> MemoryMails::Take(Time now, Time until,
                                                     const CallContext& call) {
  const std::lock_guard lock(mutex_);
  std::erase_if(outbox_, [&](const auto& entry) {
    const auto user_id = entry.second.mail.user_id;
    return user_id != 0 && !accounts_.Find(user_id, call).ok();
  });
  const auto first =
      std::ranges::min_element(outbox_, {}, [](const auto& entry) { return entry.second.due_at; });
  if (first == outbox_.end() || first->second.due_at > now) return std::optional<WaitingMail>();
  first->second.due_at = until;
  ++first->second.mail.attempts;
  return std::optional(first->second.mail);
}

Status MemoryMails::Postpone(std::int64_t mail_id, Time due_at, const CallContext&) {
  const std::lock_guard lock(mutex_);
  const auto found = outbox_.find(mail_id);
  if (found != outbox_.end()) found->second.due_at = due_at;
  return {};
}

Status MemoryMails::Remove(std::int64_t mail_id, const CallContext&) {
  const std::lock_guard lock(mutex_);
  outbox_.erase(mail_id);
  return {};
}

Status MemoryMails::Issue(const MailLink& link, const std::string& token_hash, Time,
                          const CallContext& call) {
  const std::lock_guard lock(mutex_);
  const auto account = accounts_.Find(link.user_id, call);
  if (!account.ok()) return account.error();
  std::erase_if(links_, [&](const auto& entry) {
    return entry.second.user_id == link.user_id && entry.second.purpose == link.purpose;
  });
  links_.emplace(token_hash, link);
  return {};
}

Result<MailLink> MemoryMails::Find(LinkPurpose purpose, const std::string& token_hash, Time now,
                                   const CallContext& call) {
  const auto found = links_.find(token_hash);
  if (found == links_.end() || found->second.purpose != purpose ||
      found->second.expires_at <= now || !accounts_.Find(found->second.user_id, call).ok())
    return LinkInvalid();
  return found->second;
}

Result<MailLink> MemoryMails::FindLink(LinkPurpose purpose, const std::string& token_hash, Time now,
                                       const CallContext& call) {
  const std::lock_guard lock(mutex_);
  return Find(purpose, token_hash, now, call);
}

Status MemoryMails::ResetPassword(const std::string& token_hash, const std::string& password_hash,
                                  const std::string& network, Time now, const CallContext& call) {
  const std::lock_guard lock(mutex_);
  ASSIGN_OR_RETURN(const MailLink link, Find(LinkPurpose::kResetPassword, token_hash, now, call));
  links_.erase(token_hash);
  accounts_.Edit(link.user_id, [&](Credentials& found) {
    found.password_hash = password_hash;
    if (Email::Make(found.account.email)->key() == link.email.key())
      found.account.email_verified = true;
  });
  if (!network.empty()) accounts_.SetProvedNetwork(link.user_id, network);
  return accounts_.EndAll(link.user_id, "", now, call);
}

Status MemoryMails::VerifyEmail(const std::string& token_hash, Time now, const CallContext& call) {
  const std::lock_guard lock(mutex_);
  ASSIGN_OR_RETURN(const MailLink link, Find(LinkPurpose::kVerifyEmail, token_hash, now, call));
  const auto holder = accounts_.FindCredentials(link.email, call);
  if (holder.ok() && holder->account.user_id != link.user_id) return EmailTaken();
  links_.erase(token_hash);
  accounts_.Edit(link.user_id, [&](Credentials& found) {
    found.account.email = link.email.address();
    found.account.email_verified = true;
  });
  std::erase_if(links_, [&](const auto& entry) {
    return entry.second.user_id == link.user_id && entry.second.email.key() != link.email.key();
  });
  return {};
}

}  // namespace marquee::auth
