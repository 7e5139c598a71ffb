#include "auth/testing/memory_oauth.h"

#include <algorithm>
#include <limits>

#include "auth/store/errors.h"

namespace marquee::auth {
namespace {

Time Kept(Time time) {  // as precisely as PostgreSQL keeps it
  return std::chrono::floor<std::chrono::microseconds>(time);
}

}  // namespace

void MemoryOAuth::RemoveClient(const std::string& id, const CallContext& call) {
  for (const auto& [session_id, grant] : grants_) {
    // Of one that has expired there is nothing left to end.
    if (grant.client_id == id)
      (void)store_.EndOne(grant.user_id, session_id, grant.authenticated_at, call);
  }
  std::erase_if(grants_, [&](const auto& entry) { return entry.second.client_id == id; });
  std::erase_if(codes_, [&](const auto& entry) { return entry.second.client_id == id; });
  std::erase_if(devices_, [&](const auto& entry) { return entry.second.device.client_id == id; });
  std::erase_if(consents_, [&](const auto& entry) { return entry.first.second == id; });
  clients_.erase(id);
}

void MemoryOAuth::ForgetWithAccounts(const CallContext& call) {
  const auto gone = [&](std::int64_t user_id) {
    const auto found = store_.Find(user_id, call);
    return !found.ok() && found.error().code == Code::kNotFound;
  };
  std::vector<std::string> orphans;
  for (const auto& [id, client] : clients_) {
    if (client.owner && gone(*client.owner)) orphans.push_back(id);
  }
  for (const auto& id : orphans) RemoveClient(id, call);
  std::erase_if(grants_, [&](const auto& entry) { return gone(entry.second.user_id); });
  std::erase_if(codes_, [&](const auto& entry) { return gone(entry.second.user_id); });
  std::erase_if(browsers_, [&](const auto& entry) { return gone(entry.second.user_id); });
  std::erase_if(consents_, [&](const auto& entry) { return gone(entry.first.first); });
  std::erase_if(devices_, [&](const auto& entry) {
    return entry.second.device.user_id != 0 && gone(entry.second.device.user_id);
  });
}

Result<OAuthClient> MemoryOAuth::Add(const OAuthClient& client, int most, const CallContext& call) {
  const std::lock_guard lock(mutex_);
  if (client.owner) {
    RETURN_IF_ERROR(store_.Find(*client.owner, call));
    const auto count = std::ranges::count_if(
        clients_, [&](const auto& entry) { return entry.second.owner == client.owner; });
    if (count >= most) return OAuthClientsTooMany(most);
  }
  OAuthClient added = client;
  added.number = next_number_++;
  added.created_at = Kept(client.created_at);
  clients_[client.id] = added;
  return added;
}

Result<std::vector<OAuthClient>> MemoryOAuth::List(std::int64_t after, int limit,
                                                   const CallContext& call) {
  const std::lock_guard lock(mutex_);
  ForgetWithAccounts(call);
  std::vector<OAuthClient> clients;
  for (const auto& [id, client] : clients_) {
    if (client.number > after) clients.push_back(client);
  }
  std::ranges::sort(clients, {}, &OAuthClient::number);
  clients.resize(std::min(clients.size(), static_cast<std::size_t>(limit)));
  return clients;
}

Result<std::vector<OAuthClient>> MemoryOAuth::ListOf(std::int64_t owner, const CallContext& call) {
  ASSIGN_OR_RETURN(auto clients, List(0, std::numeric_limits<int>::max(), call));
  std::erase_if(clients, [&](const auto& client) { return client.owner != owner; });
  return clients;
}

Result<OAuthClient> MemoryOAuth::Find(const std::string& id, const CallContext& call) {
  const std::lock_guard lock(mutex_);
  ForgetWithAccounts(call);
  const auto found = clients_.find(id);
  if (found == clients_.end()) return OAuthClientUnknown();
  return found->second;
}

Status MemoryOAuth::Change(const OAuthClient& client, const CallContext&) {
  const std::lock_guard lock(mutex_);
  const auto found = clients_.find(client.id);
  if (found == clients_.end()) return OAuthClientUnknown();
  OAuthClient& kept = found->second;
  kept.name = client.name;
  kept.secret_hash = client.secret_hash;
  kept.redirect_uris = client.redirect_uris;
  kept.scopes = client.scopes;
  kept.grant_types = client.grant_types;
  return {};
}

Status MemoryOAuth::Remove(const std::string& id, const CallContext& call) {
  const std::lock_guard lock(mutex_);
  if (!clients_.contains(id)) return OAuthClientUnknown();
  RemoveClient(id, call);
  return {};
}

bool MemoryOAuth::HasEnded(const std::string& session_id, std::int64_t user_id, Time now,
                           const CallContext& call) {
  return !store_.FindHolder(session_id, user_id, now, call).ok();
}

Status MemoryOAuth::AddBrowser(const std::string& hash, const std::string& session_id, Time now,
                               Time expires_at, const CallContext&) {
  const std::lock_guard lock(mutex_);
  browsers_[hash] = {session_id, store_.OwnerOf(session_id), Kept(now), Kept(expires_at)};
  return {};
}

Result<Browser> MemoryOAuth::FindBrowser(const std::string& hash, Time now,
                                         const CallContext& call) {
  const std::lock_guard lock(mutex_);
  const auto found = browsers_.find(hash);
  if (found == browsers_.end() || found->second.expires_at <= now) return BrowserUnknown();
  const StoredBrowser& browser = found->second;
  auto holder = store_.FindHolder(browser.session_id, browser.user_id, now, call);
  if (!holder.ok()) return BrowserUnknown();
  return Browser{*std::move(holder), browser.session_id, browser.created_at};
}

Result<ScopeList> MemoryOAuth::Consented(std::int64_t user_id, const std::string& client_id,
                                         const CallContext& call) {
  const std::lock_guard lock(mutex_);
  ForgetWithAccounts(call);
  const auto found = consents_.find({user_id, client_id});
  return found == consents_.end() ? ScopeList{} : found->second;
}

Result<std::vector<Consent>> MemoryOAuth::ConsentsOf(std::int64_t user_id,
                                                     const CallContext& call) {
  const std::lock_guard lock(mutex_);
  ForgetWithAccounts(call);
  std::vector<Consent> consents;
  for (const auto& [who, scopes] : consents_) {
    if (who.first == user_id)
      consents.push_back({who.second, clients_.at(who.second).name, scopes});
  }
  return consents;
}

Status MemoryOAuth::AddConsent(std::int64_t user_id, const std::string& client_id,
                               const ScopeList& scopes, const CallContext&) {
  const std::lock_guard lock(mutex_);
  ScopeList& had = consents_[{user_id, client_id}];
  for (const auto& scope : scopes) {
    if (std::ranges::count(had, scope) == 0) had.push_back(scope);
  }
  return {};
}

Status MemoryOAuth::AddCode(const std::string& hash, const AuthorizationCode& code,
                            const CallContext&) {
  const std::lock_guard lock(mutex_);
  AuthorizationCode& kept = codes_[hash] = code;
  kept.authenticated_at = Kept(code.authenticated_at);
  kept.expires_at = Kept(code.expires_at);
  return {};
}

Result<AuthorizationCode> MemoryOAuth::FindCode(const std::string& hash, const CallContext& call) {
  const std::lock_guard lock(mutex_);
  ForgetWithAccounts(call);
  const auto found = codes_.find(hash);
  if (found == codes_.end()) return CodeUnknown();
  return found->second;
}

Status MemoryOAuth::Begin(const NewGrant& grant, const std::string& client_id,
                          const ScopeList& scopes, Time authenticated_at, const CallContext& call) {
  RETURN_IF_ERROR(store_.Start(grant.session, grant.where, grant.refresh_hash, call));
  grants_[grant.session.session_id] = {grant.session.session_id, grant.session.user_id, client_id,
                                       scopes, Kept(authenticated_at)};
  return {};
}

Result<CodeVerdict> MemoryOAuth::RedeemCode(const std::string& hash, const NewGrant& grant,
                                            Time now, const CallContext& call) {
  const std::lock_guard lock(mutex_);
  ForgetWithAccounts(call);
  const auto found = codes_.find(hash);
  if (found == codes_.end()) return JudgeCode(std::nullopt, false, now);
  AuthorizationCode& code = found->second;
  const auto verdict = JudgeCode(code, HasEnded(code.session_id, code.user_id, now, call), now);
  if (verdict == CodeVerdict::kReplayed)
    (void)store_.EndOne(code.user_id, code.grant_id, now, call);  // it may have been forgotten
  if (verdict != CodeVerdict::kRedeem) return verdict;
  RETURN_IF_ERROR(Begin(grant, code.client_id, code.scopes, code.authenticated_at, call));
  code.grant_id = grant.session.session_id;
  return verdict;
}

Status MemoryOAuth::AddDevice(const std::string& hash, const std::string& user_code_hash,
                              const DeviceRequest& device, int most, Time now, const CallContext&) {
  const std::lock_guard lock(mutex_);
  const auto waiting = std::ranges::count_if(devices_, [&](const auto& entry) {
    const DeviceRequest& other = entry.second.device;
    return other.client_id == device.client_id && other.expires_at > now;
  });
  if (waiting >= most) return DevicesTooMany();
  const bool taken = std::ranges::any_of(
      devices_, [&](const auto& entry) { return entry.second.user_code_hash == user_code_hash; });
  if (taken) return UserCodeTaken();
  StoredDevice& kept = devices_[hash] = {user_code_hash, device, {}};
  kept.device.expires_at = Kept(device.expires_at);
  return {};
}

MemoryOAuth::StoredDevice* MemoryOAuth::Pending(const std::string& user_code_hash, Time now) {
  for (auto& [hash, stored] : devices_) {
    if (stored.user_code_hash == user_code_hash && stored.device.expires_at > now &&
        stored.device.state == DeviceState::kPending)
      return &stored;
  }
  return nullptr;
}

Result<DeviceRequest> MemoryOAuth::FindDevice(const std::string& user_code_hash, Time now,
                                              const CallContext&) {
  const std::lock_guard lock(mutex_);
  const StoredDevice* stored = Pending(user_code_hash, now);
  if (stored == nullptr) return DeviceUnknown();
  return stored->device;
}

Status MemoryOAuth::DecideDevice(const std::string& user_code_hash, bool allowed,
                                 const Browser& browser, Time now, const CallContext&) {
  const std::lock_guard lock(mutex_);
  StoredDevice* stored = Pending(user_code_hash, now);
  if (stored == nullptr) return DeviceUnknown();
  stored->device.state = allowed ? DeviceState::kAllowed : DeviceState::kDenied;
  stored->device.user_id = browser.account.user_id;
  stored->device.authenticated_at = browser.authenticated_at;
  stored->session_id = browser.session_id;
  return {};
}

Result<PolledDevice> MemoryOAuth::PollDevice(const std::string& hash, const std::string& client_id,
                                             const BeginGrant& begin, Time now,
                                             const CallContext& call) {
  const std::lock_guard lock(mutex_);
  ForgetWithAccounts(call);
  const auto found = devices_.find(hash);
  if (found == devices_.end() || found->second.device.client_id != client_id)
    return PolledDevice{JudgeDevice(std::nullopt, false, now)};
  DeviceRequest& device = found->second.device;
  const bool ended =
      device.user_id != 0 && HasEnded(found->second.session_id, device.user_id, now, call);
  const auto verdict = JudgeDevice(device, ended, now);
  if (verdict == DeviceVerdict::kSlowDown) device.interval += kDeviceInterval;
  device.polled_at = Kept(now);
  if (verdict != DeviceVerdict::kRedeem) return PolledDevice{verdict};
  RETURN_IF_ERROR(Begin(begin(device), client_id, device.scopes, device.authenticated_at, call));
  device.state = DeviceState::kSpent;
  return PolledDevice{verdict, device};
}

Result<Grant> MemoryOAuth::FindGrant(const std::string& session_id, const CallContext& call) {
  const std::lock_guard lock(mutex_);
  ForgetWithAccounts(call);
  const auto found = grants_.find(session_id);
  if (found == grants_.end()) return GrantUnknown();
  return found->second;
}

Result<Grant> MemoryOAuth::FindGrantOf(const std::string& refresh_hash, const CallContext& call) {
  const auto [session_id, spent] = store_.SessionOf(refresh_hash);
  ASSIGN_OR_RETURN(Grant grant, FindGrant(session_id, call));
  grant.spent = spent;
  return grant;
}

Status MemoryOAuth::Purge(Time now, Time expired_before, const CallContext& call) {
  const std::lock_guard lock(mutex_);
  for (const auto& [hash, browser] : browsers_) {
    if (browser.expires_at <= now)
      (void)store_.EndOne(browser.user_id, browser.session_id, now, call);  // it may be gone
  }
  std::erase_if(browsers_, [&](const auto& entry) { return entry.second.expires_at <= now; });
  std::erase_if(codes_,
                [&](const auto& entry) { return entry.second.expires_at < expired_before; });
  std::erase_if(devices_,
                [&](const auto& entry) { return entry.second.device.expires_at < expired_before; });
  return {};
}

}  // namespace marquee::auth
