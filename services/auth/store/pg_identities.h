// Identities at other providers, and browsers that are on the way there, in PostgreSQL.
#pragma once

#include "auth/domain/identity.h"

namespace marquee::pg {
class Pool;
}

namespace marquee::auth {

class PgIdentities final : public IdentityRepository {
 public:
  explicit PgIdentities(pg::Pool& pool) : pool_(pool) {}

  Result<Account> Use(const std::string& issuer, const std::string& subject,
                      const std::string& email, Time now, const CallContext& call) override;
  Result<Account> CreateAccount(const NewAccount& account, const Identity& identity,
                                const CallContext& call) override;
  Status Link(std::int64_t user_id, const Identity& identity, int most,
              const CallContext& call) override;
  Result<std::vector<Identity>> ListOf(std::int64_t user_id, const CallContext& call) override;
  Status Remove(std::int64_t user_id, const std::string& identity_id,
                const std::vector<std::string>& issuers, const CallContext& call) override;
  Status AddRequest(const std::string& state_hash, const ProviderRequest& request,
                    const CallContext& call) override;
  Result<ProviderRequest> TakeRequest(const std::string& state_hash, const std::string& provider,
                                      const std::string& browser_hash, Time now,
                                      const CallContext& call) override;
  Status Purge(Time now, const CallContext& call) override;

 private:
  pg::Pool& pool_;
};

}  // namespace marquee::auth
