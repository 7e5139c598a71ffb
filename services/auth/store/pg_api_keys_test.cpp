#include "auth/store/pg_api_keys.h"

#include "auth/store/pg_accounts.h"
#include "auth/testing/api_key_contract.h"
#include "pg/pool.h"
#include "pg/testing.h"

namespace marquee::auth {
namespace {

// One database for the program, emptied for each test.
const pg::TestDatabase& Database() {
  static const pg::TestDatabase database;
  static const bool migrated = (database.Migrate("services/auth/migrations"), true);
  (void)migrated;
  return database;
}

pg::PoolConfig ConfigOf(const std::string& uri) {
  pg::PoolConfig config;
  config.uri = uri;
  return config;
}

class PgFixture {
 public:
  static const char* Missing() {
    return pg::HasTestPostgres() ? nullptr : "MARQUEE_TEST_POSTGRES_URI";
  }
  PgFixture() : pool_(ConfigOf(Database().uri())) {
    Database().Execute("TRUNCATE accounts RESTART IDENTITY CASCADE");
  }
  AccountRepository& accounts() { return accounts_; }
  ApiKeyRepository& api_keys() { return keys_; }

 private:
  pg::Pool pool_;
  PgAccounts accounts_{pool_};
  PgApiKeys keys_{pool_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, ApiKeyContract, PgFixture);

}  // namespace
}  // namespace marquee::auth
