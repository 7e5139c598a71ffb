// Accounts in PostgreSQL.
#pragma once

#include "auth/domain/ports.h"

namespace marquee::pg {
class Pool;
}

namespace marquee::auth {

class PgAccounts final : public AccountRepository {
 public:
  explicit PgAccounts(pg::Pool& pool) : pool_(pool) {}

  Result<Account> Create(const NewAccount& account, Time deadline) override;
  Result<Account> Find(std::int64_t user_id, Time deadline) override;
  Result<Credentials> FindCredentials(const Email& email, Time deadline) override;
  Result<Credentials> FindCredentials(std::int64_t user_id, Time deadline) override;
  Result<Account> Change(std::int64_t user_id, const AccountChange& change, Time deadline) override;
  Status Delete(std::int64_t user_id, Time deadline) override;
  Result<std::vector<Account>> List(std::int64_t after, int limit, Time deadline) override;
  Result<Account> SetRoles(std::int64_t user_id, const Roles& roles, Time deadline) override;
  Result<bool> HasAdministrator(Time deadline) override;
  Result<Account> CreateFirstAdministrator(const NewAccount& account, Time deadline) override;
  Result<Account> PromoteFirstAdministrator(std::int64_t user_id, Time deadline) override;

 private:
  pg::Pool& pool_;
};

}  // namespace marquee::auth
