#include "auth/testing/memory_store.h"

#include <algorithm>

#include "auth/store/errors.h"
#include "base/uuid.h"

namespace marquee::auth {
namespace {

Time Stored(Time time) {  // as precisely as PostgreSQL keeps it
  return std::chrono::floor<std::chrono::microseconds>(time);
}

}  // namespace

Status MemoryStore::Check() const {
  if (failure_) return *failure_;
  return {};
}

void MemoryStore::Fail(std::optional<Error> error) {
  const std::lock_guard lock(mutex_);
  failure_ = std::move(error);
}

bool MemoryStore::Edit(std::int64_t user_id, const std::function<void(Credentials&)>& edit) {
  const std::lock_guard lock(mutex_);
  auto* found = At(user_id);
  if (found != nullptr) edit(*found);
  return found != nullptr;
}

void MemoryStore::SetProvedNetwork(std::int64_t user_id, const std::string& network) {
  const std::lock_guard lock(mutex_);
  proved_networks_[user_id] = network;
}

void MemoryStore::EndSessions(std::int64_t user_id, const std::string& but, Time now) {
  for (auto& [id, stored] : sessions_) {
    if (stored.session.user_id == user_id && id != but && !stored.ended_at) stored.ended_at = now;
  }
}

Credentials* MemoryStore::At(std::int64_t user_id) {
  const auto found = accounts_.find(user_id);
  return found == accounts_.end() ? nullptr : &found->second;
}

bool MemoryStore::AnyAdministrator() const {
  return std::ranges::any_of(
      accounts_, [](const auto& entry) { return entry.second.account.IsAdministrator(); });
}

bool MemoryStore::IsLastAdministrator(const Account& account) const {
  return account.IsAdministrator() && std::ranges::none_of(accounts_, [&](const auto& entry) {
           return entry.first != account.user_id && entry.second.account.IsAdministrator();
         });
}

Result<Account> MemoryStore::Insert(const NewAccount& account) {
  for (const auto& [id, stored] : accounts_) {
    if (Email::Make(stored.account.email)->key() == account.email.key()) return EmailTaken();
  }
  const Account created{.user_id = next_id_++,
                        .email = account.email.address(),
                        .display_name = account.display_name,
                        .roles = account.roles,
                        .created_at = Stored(account.created_at),
                        .email_verified = account.email_verified};
  accounts_[created.user_id] = {created, account.password_hash};
  return created;
}

Result<Account> MemoryStore::Create(const NewAccount& account, const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  return Insert(account);
}

Result<Account> MemoryStore::Find(std::int64_t user_id, const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  const auto* found = At(user_id);
  if (found == nullptr) return AccountUnknown();
  return found->account;
}

Result<Credentials> MemoryStore::FindCredentials(const Email& email, const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  for (const auto& [id, stored] : accounts_) {
    if (Email::Make(stored.account.email)->key() == email.key()) return stored;
  }
  return AccountUnknown();
}

Result<Credentials> MemoryStore::FindCredentials(std::int64_t user_id, const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  const auto* found = At(user_id);
  if (found == nullptr) return AccountUnknown();
  return *found;
}

Result<Account> MemoryStore::Change(std::int64_t user_id, const AccountChange& change,
                                    const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  auto* found = At(user_id);
  if (found == nullptr) return AccountUnknown();
  if (change.display_name) found->account.display_name = *change.display_name;
  if (change.password_hash) {
    found->password_hash = *change.password_hash;
    EndSessions(user_id, change.kept_session_id, change.changed_at);
  }
  return found->account;
}

Status MemoryStore::Rehash(std::int64_t user_id, const std::string& was, const std::string& becomes,
                           const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  auto* found = At(user_id);
  if (found != nullptr && found->password_hash == was) found->password_hash = becomes;
  return {};
}

Result<Erasure> MemoryStore::Delete(std::int64_t user_id, const CallContext& call) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  const auto* found = At(user_id);
  if (found == nullptr) {
    const auto erased = erasures_.find(user_id);
    if (erased == erasures_.end()) return AccountUnknown();
    return erased->second;
  }
  if (IsLastAdministrator(found->account)) return LastAdministrator();
  accounts_.erase(user_id);
  std::erase_if(sessions_,
                [&](const auto& entry) { return entry.second.session.user_id == user_id; });
  std::erase_if(tokens_,
                [&](const auto& entry) { return !sessions_.contains(entry.second.session_id); });
  std::string id =
      Uuid::V7(SystemClock().Now()).ToString() + Uuid::V7(SystemClock().Now()).ToString();
  std::erase(id, '-');
  return erasures_[user_id] = {.erasure_id = std::move(id),
                               .user_id = user_id,
                               .requested_at = Stored(SystemClock().Now()),
                               .requested_by = call.caller.user_id};
}

Result<Erasure> MemoryStore::Find(const std::string& erasure_id, const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  for (const auto& [user, erasure] : erasures_) {
    if (erasure.erasure_id == erasure_id) return erasure;
  }
  return ErasureUnknown();
}

Result<std::vector<Erasure>> MemoryStore::List(const std::optional<ErasureKey>& before,
                                               bool pending, int limit, const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  const auto key = [](const auto& one) { return std::pair(one.requested_at, one.user_id); };
  std::vector<Erasure> page;
  for (const auto& [user, erasure] : erasures_) {
    if (pending && erasure.completed_at) continue;
    if (!before || key(erasure) < key(*before)) page.push_back(erasure);
  }
  std::ranges::sort(page, std::greater<>{}, key);
  if (page.size() > static_cast<std::size_t>(limit)) page.resize(static_cast<std::size_t>(limit));
  return page;
}

Result<std::int64_t> MemoryStore::Repeat(const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  for (auto& [user, erasure] : erasures_) {
    erasure.confirmations.clear();
    erasure.completed_at.reset();
  }
  return static_cast<std::int64_t>(erasures_.size());
}

void MemoryStore::Confirm(std::int64_t user_id, const std::string& service, Time at) {
  const std::lock_guard lock(mutex_);
  if (const auto found = erasures_.find(user_id); found != erasures_.end())
    found->second.confirmations.push_back({service, Stored(at)});
}

void MemoryStore::Complete(std::int64_t user_id, Time at) {
  const std::lock_guard lock(mutex_);
  if (const auto found = erasures_.find(user_id); found != erasures_.end())
    found->second.completed_at = Stored(at);
}

Result<std::vector<Account>> MemoryStore::List(std::int64_t after, int limit, const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  std::vector<Account> page;
  for (auto entry = accounts_.upper_bound(after);
       entry != accounts_.end() && static_cast<int>(page.size()) < limit; ++entry) {
    page.push_back(entry->second.account);
  }
  return page;
}

Result<Account> MemoryStore::SetRoles(std::int64_t user_id, const Roles& roles,
                                      const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  auto* found = At(user_id);
  if (found == nullptr) return AccountUnknown();
  if (!roles.contains(Role::kAdministrator) && IsLastAdministrator(found->account)) {
    return LastAdministrator();
  }
  found->account.roles = roles;
  return found->account;
}

Result<Account> MemoryStore::SetDisabled(std::int64_t user_id, bool disabled, Time now,
                                         const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  auto* found = At(user_id);
  if (found == nullptr) return AccountUnknown();
  if (disabled && IsLastAdministrator(found->account)) return LastAdministrator();
  found->account.disabled = disabled;
  if (disabled) EndSessions(user_id, "", now);
  return found->account;
}

Result<bool> MemoryStore::HasAdministrator(const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  return AnyAdministrator();
}

Result<Account> MemoryStore::CreateFirstAdministrator(const NewAccount& account,
                                                      const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  if (AnyAdministrator()) return AlreadyBootstrapped();
  return Insert(account);
}

Result<Account> MemoryStore::PromoteFirstAdministrator(std::int64_t user_id, const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  if (AnyAdministrator()) return AlreadyBootstrapped();
  auto* found = At(user_id);
  if (found == nullptr) return AccountUnknown();
  found->account.roles.insert(Role::kAdministrator);
  return found->account;
}

Status MemoryStore::Start(const Session& session, const Client& client,
                          const std::string& token_hash, const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  const auto* account = At(session.user_id);
  if (account == nullptr) return AccountUnknown();
  if (account->account.disabled) return AccountDisabled();
  sessions_[session.session_id] = {session, std::nullopt, session.created_at, client};
  tokens_[token_hash] = {session.session_id, std::nullopt};
  return {};
}

Result<Rotation> MemoryStore::Rotate(const std::string& token_hash, const std::string& next_hash,
                                     const Client& client, Time now, Time expires_at,
                                     const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  const auto token = tokens_.find(token_hash);
  if (token == tokens_.end()) return Rotation{JudgeRefresh(std::nullopt, now)};
  auto& stored = sessions_.at(token->second.session_id);
  const auto next = tokens_.find(next_hash);
  const auto verdict = JudgeRefresh(
      PresentedToken{token->second.spent_at, next != tokens_.end() && !next->second.spent_at,
                     stored.session.expires_at, stored.ended_at,
                     At(stored.session.user_id)->account.disabled},
      now);
  if (verdict == RefreshVerdict::kReused) stored.ended_at = now;
  if (verdict == RefreshVerdict::kRepeat)
    return Rotation{verdict, stored.session.session_id, At(stored.session.user_id)->account};
  if (verdict != RefreshVerdict::kRotate) return Rotation{verdict};
  token->second.spent_at = now;
  stored.session.expires_at = expires_at;
  stored.refreshed_at = now;
  stored.client = client;
  tokens_[next_hash] = {stored.session.session_id, std::nullopt};
  return Rotation{verdict, stored.session.session_id, At(stored.session.user_id)->account};
}

Result<Account> MemoryStore::FindHolder(const std::string& session_id, std::int64_t user_id,
                                        Time now, const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  const auto* account = At(user_id);
  if (account == nullptr) return AccountUnknown();
  if (account->account.disabled) return AccountDisabled();
  const auto session = sessions_.find(session_id);
  const bool alive = session != sessions_.end() && session->second.session.user_id == user_id &&
                     !session->second.ended_at && session->second.session.expires_at > now;
  if (!alive) return SessionEnded();
  return account->account;
}

std::pair<std::string, bool> MemoryStore::SessionOf(const std::string& token_hash) {
  const std::lock_guard lock(mutex_);
  const auto found = tokens_.find(token_hash);
  if (found == tokens_.end()) return {};
  return {found->second.session_id, found->second.spent_at.has_value()};
}

std::int64_t MemoryStore::OwnerOf(const std::string& session_id) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(session_id);
  return found == sessions_.end() ? 0 : found->second.session.user_id;
}

Status MemoryStore::End(const std::string& token_hash, Time now, const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  const auto token = tokens_.find(token_hash);
  if (token == tokens_.end()) return {};
  auto& stored = sessions_.at(token->second.session_id);
  if (!stored.ended_at) stored.ended_at = now;
  return {};
}

Result<std::vector<SessionView>> MemoryStore::ListOf(std::int64_t user_id,
                                                     const std::string& before, int limit, Time now,
                                                     const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  std::vector<SessionView> page;
  for (auto entry = sessions_.rbegin();
       entry != sessions_.rend() && static_cast<int>(page.size()) < limit; ++entry) {
    const auto& [id, stored] = *entry;
    if (stored.session.user_id != user_id || (!before.empty() && id >= before)) continue;
    if (stored.ended_at || stored.session.expires_at <= now) continue;
    page.push_back({stored.session, stored.refreshed_at, stored.client});
  }
  return page;
}

Status MemoryStore::EndOne(std::int64_t user_id, const std::string& session_id, Time now,
                           const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  const auto found = sessions_.find(session_id);
  if (found == sessions_.end() || found->second.session.user_id != user_id) return SessionUnknown();
  if (!found->second.ended_at) found->second.ended_at = now;
  return {};
}

Status MemoryStore::EndAll(std::int64_t user_id, const std::string& kept_session_id, Time now,
                           const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  EndSessions(user_id, kept_session_id, now);
  return {};
}

Result<bool> MemoryStore::KnowsNetwork(const Email& email, const std::string& network,
                                       const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  if (network.empty()) return false;
  const auto is_theirs = [&](std::int64_t user_id) {
    const auto* account = At(user_id);
    return account != nullptr && Email::Make(account->account.email)->key() == email.key();
  };
  for (const auto& [user_id, proved] : proved_networks_)
    if (proved == network && is_theirs(user_id)) return true;
  return std::ranges::any_of(sessions_, [&](const auto& entry) {
    const auto& [id, stored] = entry;
    return stored.client.network == network && is_theirs(stored.session.user_id);
  });
}

Result<std::int64_t> MemoryStore::Purge(Time now, Time expired_before, Time spent_before,
                                        const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  std::erase_if(sessions_, [&](const auto& entry) {
    return entry.second.session.expires_at < expired_before;
  });
  std::erase_if(tokens_, [&](const auto& entry) {
    return !sessions_.contains(entry.second.session_id) ||
           (entry.second.spent_at && *entry.second.spent_at < spent_before);
  });
  return std::ranges::count_if(sessions_, [&](const auto& entry) {
    return !entry.second.ended_at && entry.second.session.expires_at > now;
  });
}

std::vector<SealedKey> MemoryStore::ActiveKeys(Time now) const {
  std::vector<SealedKey> active;
  std::ranges::copy_if(keys_, std::back_inserter(active), [&](const SealedKey& key) {
    return !key.retires_at || *key.retires_at > now;
  });
  return active;
}

Result<std::vector<SealedKey>> MemoryStore::ListActive(Time now, const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  return ActiveKeys(now);
}

Result<std::vector<SealedKey>> MemoryStore::AddFirst(const SealedKey& key, const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  if (ActiveKeys(key.created_at).empty())
    keys_.push_back({key.kid, key.sealed, Stored(key.created_at)});
  return ActiveKeys(key.created_at);
}

Result<std::vector<SealedKey>> MemoryStore::Rotate(const SealedKey& key, Time others_retire_at,
                                                   Time newest_before, const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  const auto active = ActiveKeys(key.created_at);
  if (active.size() > 1 && active.back().created_at > newest_before) return RotationUnderWay();
  for (auto& known : keys_) {
    known.retires_at = std::min(known.retires_at.value_or(Time::max()), Stored(others_retire_at));
  }
  keys_.push_back({key.kid, key.sealed, Stored(key.created_at)});
  return ActiveKeys(key.created_at);
}

}  // namespace marquee::auth
