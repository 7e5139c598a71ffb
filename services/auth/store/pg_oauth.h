// OAuth clients, what people let them do, and what is under way, in PostgreSQL.
#pragma once

#include "auth/domain/oauth_repository.h"

namespace marquee::pg {
class Pool;
}

namespace marquee::auth {

class PgOAuth final : public OAuthClientRepository, public OAuthRepository {
 public:
  explicit PgOAuth(pg::Pool& pool) : pool_(pool) {}

  // pg_oauth_clients.cpp
  Result<OAuthClient> Add(const OAuthClient& client, int most, const CallContext& call) override;
  Result<std::vector<OAuthClient>> List(std::int64_t after, int limit,
                                        const CallContext& call) override;
  Result<std::vector<OAuthClient>> ListOf(std::int64_t owner, const CallContext& call) override;
  Result<OAuthClient> Find(const std::string& id, const CallContext& call) override;
  Status Change(const OAuthClient& client, const CallContext& call) override;
  Status Remove(const std::string& id, const CallContext& call) override;

  // pg_oauth.cpp
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
  pg::Pool& pool_;
};

}  // namespace marquee::auth
