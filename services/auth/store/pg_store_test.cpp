#include <algorithm>
#include <memory>
#include <vector>

#include "auth/store/pg_accounts.h"
#include "auth/store/pg_keys.h"
#include "auth/store/pg_person_outbox.h"
#include "auth/store/pg_sessions.h"
#include "auth/testing/store_contract.h"
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
    Database().Execute("TRUNCATE accounts, signing_keys, person_outbox RESTART IDENTITY CASCADE");
  }
  AccountRepository& accounts() { return accounts_; }
  SessionRepository& sessions() { return sessions_; }
  KeyRepository& keys() { return keys_; }
  PersonOutbox& outbox() { return outbox_; }

 private:
  pg::Pool pool_;
  PgAccounts accounts_{pool_};
  PgSessions sessions_{pool_};
  PgKeys keys_{pool_};
  PgPersonOutbox outbox_{pool_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, StoreContract, PgFixture);

CallContext Soon() { return CallContext(SystemClock().Now() + std::chrono::seconds{10}); }

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

TEST(PgPersonOutbox, HasEachDeletionAndChangeOfRolesUntilItIsPublished) {
  if (const char* missing = PgFixture::Missing()) GTEST_SKIP() << "needs " << missing;
  PgFixture fixture;
  auto& accounts = fixture.accounts();
  const auto make = [&](const char* email) {
    return accounts
        .Create({*Email::Make(email), "$argon2id$x", "", {Role::kUser}, SystemClock().Now()},
                Soon())
        ->user_id;
  };
  const auto before = SystemClock().Now() - std::chrono::seconds{60};
  const auto ada = make("ada@b.co"), bob = make("bob@b.co");
  ASSERT_TRUE(accounts.SetRoles(ada, {Role::kUser, Role::kCurator}, Soon()).ok());
  ASSERT_TRUE(accounts.SetRoles(ada, {Role::kUser, Role::kCurator}, Soon()).ok()) << "no change";
  ASSERT_TRUE(accounts.Change(ada, {.display_name = "Ada"}, Soon()).ok()) << "nor one of roles";
  ASSERT_TRUE(accounts.Delete(bob, Soon()).ok());

  std::vector<people::PersonChange> published;
  const auto publish = [&](std::span<const people::PersonChange> changes) {
    published.assign(changes.begin(), changes.end());
    return Status();
  };
  const auto fail = [](std::span<const people::PersonChange>) -> Status {
    return Error::Unavailable("kafka_unavailable", "away");
  };
  EXPECT_EQ(fixture.outbox().Drain(10, fail, Soon()).error().reason, "kafka_unavailable");
  ASSERT_EQ(*fixture.outbox().Drain(10, publish, Soon()), 2);
  EXPECT_EQ(published[0].user_id, ada);
  EXPECT_EQ(published[0].roles, (std::vector<std::string>{"user", "curator"}));
  EXPECT_FALSE(published[0].deleted);
  EXPECT_GT(published[0].changed_at, before);
  EXPECT_EQ(published[1].user_id, bob);
  EXPECT_TRUE(published[1].deleted);
  EXPECT_EQ(*fixture.outbox().Drain(10, publish, Soon()), 0);
}

TEST(PgPersonOutbox, TwoWhoPublishShareTheWork) {
  if (const char* missing = PgFixture::Missing()) GTEST_SKIP() << "needs " << missing;
  PgFixture fixture;
  for (const char* email : {"ada@b.co", "bob@b.co"}) {
    const auto made = fixture.accounts().Create(
        {*Email::Make(email), "$argon2id$x", "", {Role::kUser}, SystemClock().Now()}, Soon());
    ASSERT_TRUE(fixture.accounts().Delete(made->user_id, Soon()).ok());
  }
  std::vector<std::int64_t> seen;
  const auto note = [&](std::span<const people::PersonChange> changes) {
    for (const auto& change : changes) seen.push_back(change.user_id);
    return Status();
  };
  const auto while_another = [&](std::span<const people::PersonChange> changes) {
    EXPECT_EQ(*fixture.outbox().Drain(1, note, Soon()), 1);
    return note(changes);
  };
  EXPECT_EQ(*fixture.outbox().Drain(1, while_another, Soon()), 1);
  std::ranges::sort(seen);
  EXPECT_EQ(seen, (std::vector<std::int64_t>{kFirstUserId, kFirstUserId + 1}));
}

TEST(PgSessions, StoresNoToken) {
  if (const char* missing = PgFixture::Missing()) GTEST_SKIP() << "needs " << missing;
  // Only hashes of 32 bytes fit.
  PgFixture fixture;
  const auto account = fixture.accounts().Create(
      {*Email::Make("a@b.co"), "$argon2id$x", "", {Role::kUser}, Soon().deadline}, Soon());
  ASSERT_TRUE(account.ok());
  const Session session{"00000000-0000-7000-8000-000000000001", account->user_id, Soon().deadline,
                        Soon().deadline};
  EXPECT_FALSE(
      fixture.sessions().Start(session, "a token of 43 characters, as it is", Soon()).ok());
}

}  // namespace
}  // namespace marquee::auth
