// Accounts in PostgreSQL.
#pragma once

#include "auth/domain/ports.h"
#include "base/call_context.h"

namespace pqxx {
class transaction_base;
}
namespace marquee::pg {
class Pool;
}

namespace marquee::auth {

// What Create does, within another's transaction; that its address is taken is a violation of
// accounts_by_email.
Result<Account> InsertAccount(pqxx::transaction_base& tx, const NewAccount& account);

class PgAccounts final : public AccountRepository {
 public:
  explicit PgAccounts(pg::Pool& pool) : pool_(pool) {}

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

 private:
  pg::Pool& pool_;
};

}  // namespace marquee::auth
