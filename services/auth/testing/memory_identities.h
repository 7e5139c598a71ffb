// Identities in memory, for tests, beside accounts in memory.
#pragma once

#include <map>
#include <mutex>

#include "auth/domain/identity.h"
#include "auth/testing/memory_store.h"

namespace marquee::auth {

class MemoryIdentities final : public IdentityRepository {
 public:
  explicit MemoryIdentities(MemoryStore& accounts) : accounts_(accounts) {}

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

  std::size_t requests() {
    const std::lock_guard lock(mutex_);
    return requests_.size();
  }

 private:
  struct Stored {
    std::int64_t user_id = 0;
    Identity identity;
  };
  // As their cascades would in PostgreSQL.
  void ForgetWithAccounts(const CallContext& call);
  Stored* At(const std::string& issuer, const std::string& subject);

  MemoryStore& accounts_;
  std::mutex mutex_;
  std::vector<Stored> identities_;  // in the order in which they were linked
  std::map<std::string, ProviderRequest> requests_;
};

}  // namespace marquee::auth
