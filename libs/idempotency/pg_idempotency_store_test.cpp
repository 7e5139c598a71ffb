#include "idempotency/pg_idempotency_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <pqxx/pqxx>
#include <thread>

#include "pg/testing.h"

namespace marquee::idempotency {
namespace {

using std::chrono::milliseconds;
using State = rpc::KeyClaim::State;

class PgIdempotencyStoreTest : public testing::Test {
 protected:
  PgIdempotencyStoreTest() {
    database_.Execute(
        "CREATE TABLE idempotency_keys (id bytea PRIMARY KEY CHECK (length(id) = 32),"
        " fingerprint bytea NOT NULL CHECK (length(fingerprint) = 32),"
        " claimed_until timestamptz NOT NULL, answer bytea, first_used timestamptz NOT NULL)");
  }

  static CallContext Soon() { return CallContext(SystemClock().Now() + std::chrono::seconds(10)); }
  static rpc::KeyedCall Call(char key, char request) {
    return {std::string(32, key), std::string(31, request) + '\0'};
  }
  rpc::KeyClaim Claim(const rpc::KeyedCall& call, milliseconds lease = std::chrono::minutes(1)) {
    auto claim = store_.Claim(call, lease, Soon());
    EXPECT_TRUE(claim.ok()) << claim.error().ToString();
    return claim.ok() ? *std::move(claim) : rpc::KeyClaim{State::kInProgress};
  }
  void AgeBy(const std::string& interval) {
    database_.Execute("UPDATE idempotency_keys SET first_used = first_used - interval '" +
                      interval + "', claimed_until = claimed_until - interval '" + interval + "'");
  }

  pg::TestDatabase database_;
  pg::Pool pool_{{.uri = database_.uri()}};
  PgIdempotencyStore store_{pool_};
};

TEST_F(PgIdempotencyStoreTest, GivesTheSameAnswerToTheSameRequest) {
  const auto first = Claim(Call('k', 'a'));
  EXPECT_EQ(first.state, State::kOurs);
  EXPECT_EQ(Claim(Call('k', 'a')).state, State::kInProgress);
  const std::string answer("a\0n\xffswer", 8);
  ASSERT_TRUE(store_.Keep(Call('k', 'a'), answer, Soon()).ok());
  const auto again = Claim(Call('k', 'a'));
  EXPECT_EQ(again.state, State::kAnswered);
  EXPECT_EQ(again.answer, answer);
  // Another process knows it, too.
  pg::Pool elsewhere({.uri = database_.uri()});
  PgIdempotencyStore other(elsewhere);
  EXPECT_EQ(other.Claim(Call('k', 'a'), milliseconds(1), Soon())->answer, answer);
  EXPECT_EQ(**store_.FindAnswer(Call('k', 'a'), Soon()), answer);
}

TEST_F(PgIdempotencyStoreTest, RefusesAnotherRequestWhateverBecameOfTheFirst) {
  ASSERT_EQ(Claim(Call('k', 'a')).state, State::kOurs);
  EXPECT_EQ(Claim(Call('k', 'b')).state, State::kOtherRequest);
  ASSERT_TRUE(store_.Release(Call('k', 'a'), /*undone=*/false, Soon()).ok());
  EXPECT_EQ(Claim(Call('k', 'b')).state, State::kOtherRequest);
  ASSERT_EQ(Claim(Call('k', 'a')).state, State::kOurs);
  ASSERT_TRUE(store_.Keep(Call('k', 'a'), "x", Soon()).ok());
  EXPECT_EQ(Claim(Call('k', 'b')).state, State::kOtherRequest);
  EXPECT_FALSE(store_.FindAnswer(Call('k', 'b'), Soon())->has_value());
  EXPECT_EQ(Claim(Call('l', 'b')).state, State::kOurs) << "another key is another key";
}

TEST_F(PgIdempotencyStoreTest, FreesAKeyUnderWhichNothingHappened) {
  ASSERT_EQ(Claim(Call('k', 'a')).state, State::kOurs);
  ASSERT_TRUE(store_.Release(Call('k', 'a'), /*undone=*/true, Soon()).ok());
  EXPECT_EQ(Claim(Call('k', 'b')).state, State::kOurs);
}

TEST_F(PgIdempotencyStoreTest, HandsOnWhatWasNeverFinished) {
  const auto first = Claim(Call('k', 'a'), milliseconds(0));
  ASSERT_EQ(first.state, State::kOurs);
  const auto second = Claim(Call('k', 'a'));
  EXPECT_EQ(second.state, State::kOurs);
  EXPECT_EQ(second.first_used, first.first_used) << "it is the same operation";
  EXPECT_EQ(Claim(Call('k', 'a')).state, State::kInProgress);
}

TEST_F(PgIdempotencyStoreTest, RemembersForADay) {
  const auto first = Claim(Call('k', 'a'));
  ASSERT_TRUE(store_.Keep(Call('k', 'a'), "x", Soon()).ok());
  AgeBy("23 hours 59 minutes");
  EXPECT_EQ(Claim(Call('k', 'a')).state, State::kAnswered);
  EXPECT_EQ(*store_.Forget(10, Soon()), 0);
  AgeBy("2 minutes");
  EXPECT_FALSE(store_.FindAnswer(Call('k', 'a'), Soon())->has_value());
  const auto later = Claim(Call('k', 'b'));
  EXPECT_EQ(later.state, State::kOurs) << "for another request, too";
  EXPECT_GT(later.first_used, first.first_used) << "it is another operation";
  AgeBy("25 hours");
  EXPECT_EQ(*store_.Forget(10, Soon()), 1);
  EXPECT_EQ(*store_.Forget(10, Soon()), 0);
}

TEST_F(PgIdempotencyStoreTest, LetsOneOfManyHaveTheKey) {
  std::atomic<int> ours = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        if (Claim(Call('k', 'a')).state == State::kOurs) ++ours;
      });
    }
  }
  EXPECT_EQ(ours, 1);
}

}  // namespace
}  // namespace marquee::idempotency
