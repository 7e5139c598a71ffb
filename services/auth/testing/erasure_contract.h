// What every store of erasures must do, beside accounts of the same store. A fixture gives
// `accounts()`, `erasures()`, and by Confirm(user_id, service, at) and Complete(user_id, at) what
// Kafka brings; it says by Missing() what it lacks, or null.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>

#include "auth/domain/erasure_repository.h"
#include "auth/domain/ports.h"

namespace marquee::auth {

template <typename Fixture>
class ErasureContract : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* missing = Fixture::Missing()) GTEST_SKIP() << "needs " << missing;
    fixture_.emplace();
  }
  AccountRepository& accounts() { return fixture_->accounts(); }
  ErasureRepository& erasures() { return fixture_->erasures(); }
  static CallContext Soon() { return CallContext(SystemClock().Now() + std::chrono::seconds{30}); }
  static CallContext By(std::int64_t user_id) {
    CallContext call = Soon();
    call.caller.user_id = user_id;
    return call;
  }
  std::int64_t Add(const std::string& email) {
    return accounts()
        .Create({*Email::Make(email), "$argon2id$x", "", {Role::kUser}, SystemClock().Now()},
                Soon())
        ->user_id;
  }
  std::optional<Fixture> fixture_;
  const Time then_{std::chrono::microseconds{1'700'000'000'123'456}};
};

TYPED_TEST_SUITE_P(ErasureContract);

TYPED_TEST_P(ErasureContract, BeginsWithTheDeletion) {
  const auto ada = this->Add("ada@b.co");
  const auto bob = this->Add("bob@b.co");
  const auto before = SystemClock().Now() - std::chrono::seconds{60};
  const auto erasure = *this->accounts().Delete(ada, this->By(bob));
  EXPECT_EQ(erasure.user_id, ada);
  EXPECT_EQ(erasure.requested_by, bob);
  EXPECT_GT(erasure.requested_at, before);
  EXPECT_FALSE(erasure.completed_at);
  EXPECT_TRUE(erasure.confirmations.empty());
  EXPECT_EQ(erasure.erasure_id.size(), 64U);
  EXPECT_EQ(erasure.erasure_id.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(*this->erasures().Find(erasure.erasure_id, this->Soon()), erasure);
  EXPECT_EQ(*this->accounts().Delete(ada, this->Soon()), erasure) << "a second time it is the same";
  EXPECT_NE(this->accounts().Delete(bob, this->Soon())->erasure_id, erasure.erasure_id);
  EXPECT_EQ(this->accounts().Delete(bob + 1, this->Soon()).error().reason, "account_unknown");
}

TYPED_TEST_P(ErasureContract, KnowsWhoHasConfirmed) {
  const auto erasure = *this->accounts().Delete(this->Add("ada@b.co"), this->Soon());
  this->fixture_->Confirm(erasure.user_id, "catalog", this->then_);
  this->fixture_->Confirm(erasure.user_id, "reviews", this->then_);
  const auto found = *this->erasures().Find(erasure.erasure_id, this->Soon());
  EXPECT_EQ(found.confirmations,
            (std::vector<Confirmation>{{"catalog", this->then_}, {"reviews", this->then_}}));
  EXPECT_EQ(this->erasures().Find("nothing", this->Soon()).error().reason, "erasure_unknown");
  EXPECT_EQ(this->erasures().Find("", this->Soon()).error().reason, "erasure_unknown");
}

TYPED_TEST_P(ErasureContract, ListsTheLatestFirstInPages) {
  std::vector<std::int64_t> users;
  for (const char* email : {"a@b.co", "b@b.co", "c@b.co", "d@b.co"}) {
    users.push_back(this->Add(email));
    ASSERT_TRUE(this->accounts().Delete(users.back(), this->Soon()).ok());
  }
  const auto list = [&](std::optional<ErasureKey> before, bool pending, int limit) {
    std::vector<std::int64_t> found;
    const auto page = *this->erasures().List(before, pending, limit, this->Soon());
    for (const auto& erasure : page) found.push_back(erasure.user_id);
    return found;
  };
  using Users = std::vector<std::int64_t>;
  EXPECT_EQ(list({}, false, 10), Users(users.rbegin(), users.rend()));
  const auto first = *this->erasures().List({}, false, 2, this->Soon());
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(list(ErasureKey{first[1].requested_at, first[1].user_id}, false, 10),
            (Users{users[1], users[0]}));
  this->fixture_->Complete(users[2], this->then_);
  EXPECT_EQ(list({}, true, 10), (Users{users[3], users[1], users[0]}));
  EXPECT_EQ(this->erasures().List({}, false, 2, this->Soon())->at(1).completed_at, this->then_);
}

TYPED_TEST_P(ErasureContract, HasAllBegunAgain) {
  const auto erasure = *this->accounts().Delete(this->Add("ada@b.co"), this->Soon());
  this->fixture_->Confirm(erasure.user_id, "catalog", this->then_);
  this->fixture_->Complete(erasure.user_id, this->then_);
  EXPECT_EQ(*this->erasures().Repeat(this->Soon()), 1);
  EXPECT_EQ(*this->erasures().Find(erasure.erasure_id, this->Soon()), erasure);
}

REGISTER_TYPED_TEST_SUITE_P(ErasureContract, BeginsWithTheDeletion, KnowsWhoHasConfirmed,
                            ListsTheLatestFirstInPages, HasAllBegunAgain);

}  // namespace marquee::auth
