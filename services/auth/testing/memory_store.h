// The store in memory, for tests: it keeps the same contract as PostgreSQL
// (store/contract_test.cpp).
#pragma once

#include <functional>
#include <map>
#include <mutex>

#include "auth/domain/erasure_repository.h"
#include "auth/domain/ports.h"
#include "base/call_context.h"

namespace marquee::auth {

class MemoryStore final : public AccountRepository,
                          public SessionRepository,
                          public KeyRepository,
                          public ErasureRepository {
 public:
  Result<Account> Create(const NewAccount& account, const CallContext& call) override;
  Result<Account> Find(std::int64_t user_id, const CallContext& call) override;
  Result<Credentials> FindCredentials(const Email& email, const CallContext& call) override;
  Result<Credentials> FindCredentials(std::int64_t user_id, const CallContext& call) override;
  Result<Account> Change(std::int64_t user_id, const AccountChange& change,
                         const CallContext& call) override;
  Status Rehash(std::int64_t user_id, const std::string& was, const std::string& becomes,
                const CallContext& call) override;
  Result<Erasure> Delete(std::int64_t user_id, const CallContext& call) override;
  Result<std::vector<Account>> List(std::int64_t after, int limit,
                                    const CallContext& call) override;
  Result<Account> SetRoles(std::int64_t user_id, const Roles& roles,
                           const CallContext& call) override;
  Result<Account> SetDisabled(std::int64_t user_id, bool disabled, Time now,
                              const CallContext& call) override;
  Result<bool> HasAdministrator(const CallContext& call) override;
  Result<Account> CreateFirstAdministrator(const NewAccount& account,
                                           const CallContext& call) override;
  Result<Account> PromoteFirstAdministrator(std::int64_t user_id, const CallContext& call) override;

  Status Start(const Session& session, const Client& client, const std::string& token_hash,
               const CallContext& call) override;
  Result<Rotation> Rotate(const std::string& token_hash, const std::string& next_hash,
                          const Client& client, Time now, Time expires_at,
                          const CallContext& call) override;
  Result<Account> FindHolder(const std::string& session_id, std::int64_t user_id, Time now,
                             const CallContext& call) override;
  Status End(const std::string& token_hash, Time now, const CallContext& call) override;
  Result<std::vector<SessionView>> ListOf(std::int64_t user_id, const std::string& before,
                                          int limit, Time now, const CallContext& call) override;
  Status EndOne(std::int64_t user_id, const std::string& session_id, Time now,
                const CallContext& call) override;
  Status EndAll(std::int64_t user_id, const std::string& kept_session_id, Time now,
                const CallContext& call) override;
  Result<bool> KnowsNetwork(const Email& email, const std::string& network,
                            const CallContext& call) override;
  Result<std::int64_t> Purge(Time now, Time expired_before, Time spent_before,
                             const CallContext& call) override;

  Result<std::vector<SealedKey>> ListActive(Time now, const CallContext& call) override;
  Result<std::vector<SealedKey>> AddFirst(const SealedKey& key, const CallContext& call) override;
  Result<std::vector<SealedKey>> Rotate(const SealedKey& key, Time others_retire_at,
                                        Time newest_before, const CallContext& call) override;

  // Of a refresh token, and whether it is spent; empty: unknown.
  std::pair<std::string, bool> SessionOf(const std::string& token_hash);
  // Of a session; 0: unknown.
  std::int64_t OwnerOf(const std::string& session_id);
  // For what lies in other tables, as one step; whether there is such an account.
  bool Edit(std::int64_t user_id, const std::function<void(Credentials&)>& edit);
  void SetProvedNetwork(std::int64_t user_id, const std::string& network);
  Result<Erasure> Find(const std::string& erasure_id, const CallContext& call) override;
  Result<std::vector<Erasure>> List(const std::optional<ErasureKey>& before, bool pending,
                                    int limit, const CallContext& call) override;
  Result<std::int64_t> Repeat(const CallContext& call) override;

  // A service's receipt; of one who isn't erased it is nothing.
  void Confirm(std::int64_t user_id, const std::string& service, Time at);
  void Complete(std::int64_t user_id, Time at);

  // From now on every call fails with this error; nullopt ends it.
  void Fail(std::optional<Error> error);

 private:
  struct StoredSession {
    Session session;
    std::optional<Time> ended_at;
    Time refreshed_at{};
    Client client = {};
  };
  struct StoredToken {
    std::string session_id;
    std::optional<Time> spent_at;
  };

  Status Check() const;
  void EndSessions(std::int64_t user_id, const std::string& but, Time now);
  Result<Account> Insert(const NewAccount& account);
  std::vector<SealedKey> ActiveKeys(Time now) const;
  Credentials* At(std::int64_t user_id);
  bool IsLastAdministrator(const Account& account) const;
  bool AnyAdministrator() const;

  mutable std::mutex mutex_;
  std::optional<Error> failure_;
  std::int64_t next_id_ = kFirstUserId;
  std::map<std::int64_t, Credentials> accounts_;
  std::map<std::int64_t, std::string> proved_networks_;
  std::map<std::string, StoredSession> sessions_;
  std::map<std::string, StoredToken> tokens_;
  std::vector<SealedKey> keys_;
  std::map<std::int64_t, Erasure> erasures_;
};

}  // namespace marquee::auth
