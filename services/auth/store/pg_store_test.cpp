#include <algorithm>
#include <memory>
#include <vector>

#include "auth/store/pg_accounts.h"
#include "auth/store/pg_keys.h"
#include "auth/store/pg_person_outbox.h"
#include "auth/store/pg_sessions.h"
#include "auth/testing/pg_database.h"
#include "auth/testing/store_contract.h"

namespace marquee::auth {
namespace {

class PgFixture : public PgDatabase {
 public:
  AccountRepository& accounts() { return accounts_; }
  SessionRepository& sessions() { return sessions_; }
  KeyRepository& keys() { return keys_; }
  PersonOutbox& outbox() { return outbox_; }

 private:
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
  pg::Pool pool({.uri = "postgresql://nobody:nothing@127.0.0.1:1/none"});
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

TEST(PgPersonOutbox, HasEachEndOfASessionAndEachStateOfAnAccount) {
  if (const char* missing = PgFixture::Missing()) GTEST_SKIP() << "needs " << missing;
  PgFixture fixture;
  auto& accounts = fixture.accounts();
  auto& sessions = fixture.sessions();
  const Time now = SystemClock().Now();
  const auto user =
      accounts.Create({*Email::Make("ada@b.co"), "$argon2id$x", "", {Role::kUser}, now}, Soon())
          ->user_id;
  const auto id = [](int n) { return "00000000-0000-7000-8000-00000000000" + std::to_string(n); };
  const auto hash = [](char c) { return std::string(32, c); };
  for (int n = 0; n < 6; ++n)
    ASSERT_TRUE(sessions
                    .Start({id(n), user, now, now + std::chrono::hours{1}}, {},
                           hash(static_cast<char>('0' + n)), Soon())
                    .ok());
  const auto drain = [&] {
    std::vector<std::string> told;
    EXPECT_TRUE(fixture.outbox()
                    .Drain(
                        10,
                        [&](std::span<const people::PersonChange> changes) {
                          for (const auto& change : changes) {
                            EXPECT_EQ(change.user_id, user);
                            EXPECT_GT(change.changed_at, now - std::chrono::seconds{60});
                            std::string text = change.ended_session.empty() ? "" : "ended";
                            if (change.disabled) text += "disabled";
                            if (change.deleted) text += "deleted";
                            for (const auto& role : change.roles) text += role + ",";
                            told.push_back(text + change.ended_session);
                          }
                          return Status();
                        },
                        Soon())
                    .ok());
    std::ranges::sort(told);
    return told;
  };
  using Told = std::vector<std::string>;
  EXPECT_EQ(drain(), Told{}) << "a beginning is no news";
  ASSERT_TRUE(sessions.End(hash('0'), now, Soon()).ok());
  ASSERT_TRUE(sessions.End(hash('0'), now, Soon()).ok());
  EXPECT_EQ(drain(), Told{"ended" + id(0)}) << "by logout, once";
  ASSERT_TRUE(sessions.EndOne(user, id(1), now, Soon()).ok());
  EXPECT_EQ(drain(), Told{"ended" + id(1)}) << "by its owner";
  const auto rotate = [&](char with, char next) {
    return sessions.Rotate(hash(with), hash(next), {}, now, now + std::chrono::hours{1}, Soon())
        ->verdict;
  };
  EXPECT_EQ(rotate('2', 'x'), RefreshVerdict::kRotate);
  EXPECT_EQ(drain(), Told{}) << "nor is a refresh";
  EXPECT_EQ(rotate('2', 'y'), RefreshVerdict::kReused);
  EXPECT_EQ(drain(), Told{"ended" + id(2)}) << "by reuse";
  ASSERT_TRUE(
      accounts.Change(user, {.password_hash = "$argon2id$y", .kept_session_id = id(4)}, Soon())
          .ok());
  EXPECT_EQ(drain(), (Told{"ended" + id(3), "ended" + id(5)})) << "by another password";
  ASSERT_TRUE(accounts.SetDisabled(user, true, now, Soon()).ok());
  ASSERT_TRUE(accounts.SetDisabled(user, true, now, Soon()).ok());
  EXPECT_EQ(drain(), (Told{"disabled", "ended" + id(4)}));
  ASSERT_TRUE(accounts.SetRoles(user, {Role::kUser, Role::kCurator}, Soon()).ok());
  EXPECT_EQ(drain(), Told{"disabled"}) << "whatever its roles";
  ASSERT_TRUE(accounts.SetDisabled(user, false, now, Soon()).ok());
  EXPECT_EQ(drain(), Told{"user,curator,"});
  ASSERT_TRUE(
      sessions.Start({id(7), user, now, now + std::chrono::hours{1}}, {}, hash('7'), Soon()).ok());
  ASSERT_TRUE(accounts.Delete(user, Soon()).ok());
  EXPECT_EQ(drain(), Told{"deleted"}) << "its sessions with it";
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
      fixture.sessions().Start(session, {}, "a token of 43 characters, as it is", Soon()).ok());
}

}  // namespace
}  // namespace marquee::auth
