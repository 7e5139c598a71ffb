#include "auth/store/pg_api_keys.h"

#include "auth/store/pg_accounts.h"
#include "auth/testing/api_key_contract.h"
#include "auth/testing/pg_database.h"

namespace marquee::auth {
namespace {

class PgFixture : public PgDatabase {
 public:
  AccountRepository& accounts() { return accounts_; }
  ApiKeyRepository& api_keys() { return keys_; }

 private:
  PgAccounts accounts_{pool_};
  PgApiKeys keys_{pool_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, ApiKeyContract, PgFixture);

}  // namespace
}  // namespace marquee::auth
