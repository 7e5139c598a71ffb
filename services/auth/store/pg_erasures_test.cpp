#include "auth/store/pg_erasures.h"

#include <pqxx/pqxx>

#include "auth/store/pg_accounts.h"
#include "auth/testing/erasure_contract.h"
#include "auth/testing/pg_database.h"
#include "pg/time.h"

namespace marquee::auth {
namespace {

class PgFixture : public PgDatabase {
 public:
  AccountRepository& accounts() { return accounts_; }
  ErasureRepository& erasures() { return erasures_; }
  ErasureOutbox& outbox() { return outbox_; }
  void Confirm(std::int64_t user_id, const std::string& service, Time at) {
    const erasures::Receipt receipt{user_id, service, at};
    const auto taken = pool_.Run([&](pg::Transaction& tx) {
      return TakeReceipts(tx, {&receipt, 1});
    });
    EXPECT_TRUE(taken.ok()) << taken.error().ToString();
  }
  void Complete(std::int64_t user_id, Time at) {
    Database().Execute("UPDATE erasures SET completed_at = timestamptz 'epoch' + " +
                       std::to_string(pg::ToMicroseconds(at)) +
                       " * interval '1 microsecond' WHERE user_id = " + std::to_string(user_id));
  }
  Status Erase(const erasures::Erasure& erasure) {
    return pool_.Run([&](pg::Transaction& tx) { return ErasePerson(tx, erasure); });
  }

 private:
  PgAccounts accounts_{pool_};
  PgErasures erasures_{pool_};
  PgErasureOutbox outbox_{pool_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, ErasureContract, PgFixture);

const Time kNow = SystemClock().Now();
const Time kNever{};

class PgErasuresTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* missing = PgFixture::Missing()) GTEST_SKIP() << "needs " << missing;
    fixture_.emplace();
  }
  static CallContext Soon() { return CallContext(SystemClock().Now() + std::chrono::seconds{10}); }
  std::int64_t Add(const std::string& email) {
    return fixture_->accounts()
        .Create({*Email::Make(email), "$argon2id$x", "", {Role::kUser}, kNow}, Soon())
        ->user_id;
  }
  std::vector<std::int64_t> Drain(Time again_before) {
    std::vector<std::int64_t> told;
    EXPECT_TRUE(fixture_->outbox()
                    .Drain(
                        10, again_before,
                        [&](std::span<const erasures::Erasure> erasures) {
                          for (const auto& erasure : erasures) told.push_back(erasure.user_id);
                          return Status();
                        },
                        Soon())
                    .ok());
    return told;
  }
  PendingErasures Settle() { return *fixture_->outbox().Settle({"catalog", "reviews"}, Soon()); }

  std::optional<PgFixture> fixture_;
};

TEST_F(PgErasuresTest, ArePublishedOnceAndAgainUntilTheyAreComplete) {
  const auto ada = Add("ada@b.co");
  const auto erasure = *fixture_->accounts().Delete(ada, Soon());
  const auto fail = [](std::span<const erasures::Erasure>) -> Status {
    return Error::Unavailable("kafka_unavailable", "away");
  };
  EXPECT_EQ(fixture_->outbox().Drain(10, kNever, fail, Soon()).error().reason, "kafka_unavailable");
  EXPECT_EQ(Drain(kNever), std::vector{ada});
  EXPECT_TRUE(Drain(kNever).empty());
  const Time later = SystemClock().Now() + std::chrono::hours{1};
  EXPECT_EQ(Drain(later), std::vector{ada}) << "not everybody has confirmed";
  fixture_->Confirm(ada, "catalog", kNow);
  EXPECT_EQ(Settle().of_service, (std::map<std::string, std::int64_t>{{"reviews", 1}}));
  EXPECT_EQ(Settle().oldest, erasure.requested_at);
  fixture_->Confirm(ada, "reviews", kNow);
  fixture_->Confirm(ada, "reviews", kNow);
  EXPECT_EQ(Settle().count, 0);
  EXPECT_TRUE(Drain(later).empty());
  EXPECT_TRUE(fixture_->erasures().Find(erasure.erasure_id, Soon())->completed_at);
  ASSERT_TRUE(fixture_->erasures().Repeat(Soon()).ok());
  EXPECT_EQ(Settle().count, 1);
  EXPECT_EQ(Drain(kNever), std::vector{ada});
}

TEST_F(PgErasuresTest, BeginWithWhoeverDeletesTheAccount) {
  const auto ada = Add("ada@b.co");
  Database().Execute("DELETE FROM accounts");  // by hand, or by the version of before
  EXPECT_EQ(Drain(kNever), std::vector{ada});
  EXPECT_EQ(fixture_->erasures().List({}, true, 10, Soon())->at(0).requested_by, 0);
}

// As the topic says it to a database of before the erasure.
TEST_F(PgErasuresTest, AreCarriedOutInARestoredDatabase) {
  const auto ada = Add("ada@b.co");
  const erasures::Erasure erasure{ada, std::string(64, 'e'),
                                  std::chrono::floor<std::chrono::microseconds>(kNow)};
  ASSERT_TRUE(fixture_->Erase(erasure).ok());
  EXPECT_EQ(fixture_->accounts().Find(ada, Soon()).error().reason, "account_unknown");
  const auto known = *fixture_->erasures().Find(erasure.erasure_id, Soon());
  EXPECT_EQ(known.user_id, ada);
  EXPECT_EQ(known.requested_at, erasure.requested_at);
  EXPECT_TRUE(Drain(kNever).empty()) << "it is in the topic already";
  ASSERT_TRUE(fixture_->Erase(erasure).ok()) << "and may come again";
}

TEST_F(PgErasuresTest, KeepTheirNumbersFromBeingGivenOutAgain) {
  // The sequence of a restored database is back before them.
  for (const std::int64_t user : {kFirstUserId, kFirstUserId + 5, kFirstUserId + 2}) {
    ASSERT_TRUE(fixture_->Erase({user, "e" + std::to_string(user), kNow}).ok());
  }
  EXPECT_EQ(Add("ada@b.co"), kFirstUserId + 6);
}

TEST_F(PgErasuresTest, TakeReceiptsOfWhatTheyDontKnowYet) {
  fixture_->Confirm(kFirstUserId, "catalog", kNow);
  ASSERT_TRUE(fixture_->Erase({kFirstUserId, "e", kNow}).ok());
  EXPECT_EQ(fixture_->erasures().Find("e", Soon())->confirmations.at(0).service, "catalog");
}

}  // namespace
}  // namespace marquee::auth
