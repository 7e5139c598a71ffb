// OAuth clients, and what they were let do, in memory, for tests, beside the accounts and
// sessions of a MemoryStore.
#pragma once

#include <map>
#include <mutex>

#include "auth/domain/oauth_repository.h"
#include "auth/testing/memory_store.h"

namespace marquee::auth {

class MemoryOAuth final : public OAuthClientRepository, public OAuthRepository {
 public:
  explicit MemoryOAuth(MemoryStore& store) : store_(store) {}

  Result<OAuthClient> Add(const OAuthClient& client, int most, const CallContext& call) override;
  Result<std::vector<OAuthClient>> List(std::int64_t after, int limit,
                                        const CallContext& call) override;
  Result<std::vector<OAuthClient>> ListOf(std::int64_t owner, const CallContext& call) override;
  Result<OAuthClient> Find(const std::string& id, const CallContext& call) override;
  Status Change(const OAuthClient& client, const CallContext& call) override;
  Status Remove(const std::string& id, const CallContext& call) override;

  Status AddBrowser(const std::string& hash, const std::string& session_id, Time now,
                    Time expires_at, const CallContext& call) override;
  Result<Browser> FindBrowser(const std::string& hash, Time now, const CallContext& call) override;
  Result<ScopeList> Consented(std::int64_t user_id, const std::string& client_id,
                              const CallContext& call) override;
  Result<std::vector<Consent>> ConsentsOf(std::int64_t user_id, const CallContext& call) override;
  Status AddConsent(std::int64_t user_id, const std::string& client_id, const ScopeList& scopes,
                    const CallContext& call) override;
  Status AddCode(const std::string& hash, const AuthorizationCode& code,
                 const CallContext& call) override;
  Result<AuthorizationCode> FindCode(const std::string& hash, const CallContext& call) override;
  Result<CodeVerdict> RedeemCode(const std::string& hash, const NewGrant& grant, Time now,
                                 const CallContext& call) override;
  Status AddDevice(const std::string& hash, const std::string& user_code_hash,
                   const DeviceRequest& device, int most, Time now,
                   const CallContext& call) override;
  Result<DeviceRequest> FindDevice(const std::string& user_code_hash, Time now,
                                   const CallContext& call) override;
  Status DecideDevice(const std::string& user_code_hash, bool allowed, const Browser& browser,
                      Time now, const CallContext& call) override;
  Result<PolledDevice> PollDevice(const std::string& hash, const std::string& client_id,
                                  const BeginGrant& begin, Time now,
                                  const CallContext& call) override;
  Result<Grant> FindGrant(const std::string& session_id, const CallContext& call) override;
  Result<Grant> FindGrantOf(const std::string& refresh_hash, const CallContext& call) override;
  Status Purge(Time now, Time expired_before, const CallContext& call) override;

 private:
  struct StoredBrowser {
    std::string session_id;
    std::int64_t user_id = 0;
    Time created_at;
    Time expires_at;
  };
  struct StoredDevice {
    std::string user_code_hash;
    DeviceRequest device;
    std::string session_id;
  };

  // As its cascade and its trigger would in PostgreSQL.
  void ForgetWithAccounts(const CallContext& call);
  void RemoveClient(const std::string& id, const CallContext& call);
  // Whether it has expired, or somebody ended it.
  bool HasEnded(const std::string& session_id, std::int64_t user_id, Time now,
                const CallContext& call);
  Status Begin(const NewGrant& grant, const std::string& client_id, const ScopeList& scopes,
               Time authenticated_at, const CallContext& call);
  StoredDevice* Pending(const std::string& user_code_hash, Time now);

  MemoryStore& store_;
  std::mutex mutex_;
  std::int64_t next_number_ = 1;
  std::map<std::string, OAuthClient> clients_;
  std::map<std::string, StoredBrowser> browsers_;
  std::map<std::pair<std::int64_t, std::string>, ScopeList> consents_;
  std::map<std::string, AuthorizationCode> codes_;
  std::map<std::string, StoredDevice> devices_;
  std::map<std::string, Grant> grants_;
};

}  // namespace marquee::auth
