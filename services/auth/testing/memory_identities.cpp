#include "auth/testing/memory_identities.h"

#include <algorithm>

#include "auth/store/errors.h"

namespace marquee::auth {
namespace {

Time Kept(Time time) {  // as precisely as PostgreSQL keeps it
  return std::chrono::floor<std::chrono::microseconds>(time);
}

Identity Kept(Identity identity) {
  identity.linked_at = Kept(identity.linked_at);
  identity.used_at = Kept(identity.used_at);
  return identity;
}

}  // namespace

void MemoryIdentities::ForgetWithAccounts(const CallContext& call) {
  const auto gone = [&](std::int64_t user_id) {
    const auto found = accounts_.Find(user_id, call);
    return !found.ok() && found.error().code == Code::kNotFound;
  };
  std::erase_if(identities_, [&](const Stored& stored) { return gone(stored.user_id); });
  std::erase_if(requests_, [&](const auto& entry) {
    return entry.second.user_id != 0 && gone(entry.second.user_id);
  });
}

MemoryIdentities::Stored* MemoryIdentities::At(const std::string& issuer,
                                               const std::string& subject) {
  const auto found = std::ranges::find_if(identities_, [&](const Stored& stored) {
    return stored.identity.issuer == issuer && stored.identity.subject == subject;
  });
  return found == identities_.end() ? nullptr : &*found;
}

Result<Account> MemoryIdentities::Use(const std::string& issuer, const std::string& subject,
                                      const std::string& email, Time now, const CallContext& call) {
  const std::lock_guard lock(mutex_);
  ForgetWithAccounts(call);
  auto* stored = At(issuer, subject);
  if (stored == nullptr) return IdentityUnknown();
  stored->identity.used_at = Kept(now);
  stored->identity.email = email;
  return accounts_.Find(stored->user_id, call);
}

Result<Account> MemoryIdentities::CreateAccount(const NewAccount& account, const Identity& identity,
                                                const CallContext& call) {
  const std::lock_guard lock(mutex_);
  ForgetWithAccounts(call);
  if (At(identity.issuer, identity.subject) != nullptr) return IdentityTaken();
  ASSIGN_OR_RETURN(Account created, accounts_.Create(account, call));
  identities_.push_back({created.user_id, Kept(identity)});
  return created;
}

Status MemoryIdentities::Link(std::int64_t user_id, const Identity& identity, int most,
                              const CallContext& call) {
  const std::lock_guard lock(mutex_);
  ForgetWithAccounts(call);
  ASSIGN_OR_RETURN(const Account account, accounts_.Find(user_id, call));
  const auto* stored = At(identity.issuer, identity.subject);
  if (stored != nullptr && stored->user_id != user_id) return IdentityTaken();
  if (stored == nullptr) {
    const auto count = std::ranges::count(identities_, user_id, &Stored::user_id);
    if (count >= most) return IdentitiesTooMany(most);
    identities_.push_back({user_id, Kept(identity)});
  }
  const auto email = Email::Make(identity.email);
  if (email.ok() && email->key() == Email::Make(account.email)->key())
    accounts_.Edit(user_id, [](Credentials& found) { found.account.email_verified = true; });
  return {};
}

Result<std::vector<Identity>> MemoryIdentities::ListOf(std::int64_t user_id,
                                                       const CallContext& call) {
  const std::lock_guard lock(mutex_);
  ForgetWithAccounts(call);
  std::vector<Identity> identities;
  for (const auto& stored : identities_)
    if (stored.user_id == user_id) identities.push_back(stored.identity);
  return identities;
}

Status MemoryIdentities::Remove(std::int64_t user_id, const std::string& identity_id,
                                const std::vector<std::string>& issuers, const CallContext& call) {
  const std::lock_guard lock(mutex_);
  ForgetWithAccounts(call);
  const auto is_it = [&](const Stored& stored) {
    return stored.user_id == user_id && stored.identity.identity_id == identity_id;
  };
  if (std::ranges::none_of(identities_, is_it)) return IdentityUnknown();
  ASSIGN_OR_RETURN(const Credentials credentials, accounts_.FindCredentials(user_id, call));
  const bool other = std::ranges::any_of(identities_, [&](const Stored& stored) {
    return stored.user_id == user_id && !is_it(stored) &&
           std::ranges::count(issuers, stored.identity.issuer) > 0;
  });
  if (credentials.password_hash.empty() && !other) return LastSignIn();
  std::erase_if(identities_, is_it);
  return {};
}

Status MemoryIdentities::AddRequest(const std::string& state_hash, const ProviderRequest& request,
                                    const CallContext& call) {
  const std::lock_guard lock(mutex_);
  if (request.user_id != 0) {
    const auto account = accounts_.Find(request.user_id, call);
    if (!account.ok()) return account.error();
  }
  requests_[state_hash] = request;
  requests_[state_hash].expires_at = Kept(request.expires_at);
  return {};
}

Result<ProviderRequest> MemoryIdentities::TakeRequest(const std::string& state_hash,
                                                      const std::string& provider,
                                                      const std::string& browser_hash, Time now,
                                                      const CallContext& call) {
  const std::lock_guard lock(mutex_);
  ForgetWithAccounts(call);
  const auto found = requests_.find(state_hash);
  if (found == requests_.end() || found->second.provider != provider ||
      found->second.browser_hash != browser_hash || found->second.expires_at <= now)
    return ProviderRequestUnknown();
  ProviderRequest request = std::move(found->second);
  requests_.erase(found);
  return request;
}

Status MemoryIdentities::Purge(Time now, const CallContext&) {
  const std::lock_guard lock(mutex_);
  std::erase_if(requests_, [&](const auto& entry) { return entry.second.expires_at <= now; });
  return {};
}

}  // namespace marquee::auth
