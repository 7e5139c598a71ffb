#include "auth/store/pg_second_factors.h"

#include "auth/store/pg_accounts.h"
#include "auth/testing/pg_database.h"
#include "auth/testing/second_factor_contract.h"

namespace marquee::auth {
namespace {

class PgFixture : public PgDatabase {
 public:
  AccountRepository& accounts() { return accounts_; }
  SecondFactorRepository& factors() { return factors_; }

 private:
  PgAccounts accounts_{pool_};
  PgSecondFactors factors_{pool_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, SecondFactorContract, PgFixture);

}  // namespace
}  // namespace marquee::auth
