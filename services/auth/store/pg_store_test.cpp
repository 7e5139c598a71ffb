#include <memory>

#include "auth/store/contract_suite.h"
#include "auth/store/pg_accounts.h"
#include "auth/store/pg_keys.h"
#include "auth/store/pg_sessions.h"
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
    Database().Execute("TRUNCATE accounts, signing_keys RESTART IDENTITY CASCADE");
  }
  AccountRepository& accounts() { return accounts_; }
  SessionRepository& sessions() { return sessions_; }
  KeyRepository& keys() { return keys_; }

 private:
  pg::Pool pool_;
  PgAccounts accounts_{pool_};
  PgSessions sessions_{pool_};
  PgKeys keys_{pool_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, StoreContract, PgFixture);

Time Soon() { return SystemClock().Now() + std::chrono::seconds{10}; }

TEST(PgAccounts, GoesOnAfterItsConnectionsBroke) {
  if (const char* missing = PgFixture::Missing()) GTEST_SKIP() << "needs " << missing;
  PgFixture fixture;
  ASSERT_TRUE(fixture.accounts().List(0, 1, Soon()).ok());
  Database().KillConnections();
  EXPECT_TRUE(fixture.accounts().List(0, 1, Soon()).ok());
}

TEST(PgAccounts, IsUnavailableWhenNobodyListens) {
  pg::Pool pool(ConfigOf("postgresql://nobody:nothing@127.0.0.1:1/none"));
  PgAccounts accounts(pool);
  const auto found = accounts.Find(kFirstUserId, Soon());
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, Code::kUnavailable);
}

TEST(PgSessions, StoresNoToken) {
  if (const char* missing = PgFixture::Missing()) GTEST_SKIP() << "needs " << missing;
  // Only hashes of 32 bytes fit.
  PgFixture fixture;
  const auto account = fixture.accounts().Create(
      {*Email::Make("a@b.co"), "$argon2id$x", "", {Role::kUser}, Soon()}, Soon());
  ASSERT_TRUE(account.ok());
  const Session session{"00000000-0000-7000-8000-000000000001", account->user_id, Soon(), Soon()};
  EXPECT_FALSE(
      fixture.sessions().Start(session, "a token of 43 characters, as it is", Soon()).ok());
}

}  // namespace
}  // namespace marquee::auth
