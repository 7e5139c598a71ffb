#include "auth/store/pg_identities.h"

#include "auth/store/pg_accounts.h"
#include "auth/testing/identity_contract.h"
#include "auth/testing/pg_database.h"

namespace marquee::auth {
namespace {

class PgFixture : public PgDatabase {
 public:
  AccountRepository& accounts() { return accounts_; }
  IdentityRepository& identities() { return identities_; }

 private:
  PgAccounts accounts_{pool_};
  PgIdentities identities_{pool_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, IdentityContract, PgFixture);

}  // namespace
}  // namespace marquee::auth
