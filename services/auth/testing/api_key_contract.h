// What every store of API keys must do; see testing/store_contract.h. A fixture gives `accounts()`
// and `api_keys()` on an empty store.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "auth/domain/api_key_repository.h"
#include "auth/domain/ports.h"

namespace marquee::auth {

template <typename Fixture>
class ApiKeyContract : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* missing = Fixture::Missing()) GTEST_SKIP() << "needs " << missing;
    fixture_.emplace();
    ada_ = AddAccount("ada@example.com");
    bob_ = AddAccount("bob@example.com");
  }
  const Time now_{std::chrono::microseconds{1'700'000'000'123'456}};

  AccountRepository& accounts() { return fixture_->accounts(); }
  ApiKeyRepository& keys() { return fixture_->api_keys(); }
  static CallContext Soon() { return CallContext(SystemClock().Now() + std::chrono::seconds{30}); }
  static std::string Hash(char c) { return std::string(32, c); }

  std::int64_t AddAccount(const char* email) {
    const auto made = accounts().Create(
        {*Email::Make(email), "$argon2id$x", "", {Role::kUser, Role::kCurator}, now_}, Soon());
    EXPECT_TRUE(made.ok()) << made.error().ToString();
    return made.ok() ? made->user_id : 0;
  }
  ApiKey Key(const std::string& id, std::int64_t user_id) const {
    ApiKey key;
    key.id = id;
    key.user_id = user_id;
    key.name = "name of " + id;
    key.scopes = {"read", "ratings:write"};
    key.created_at = now_;
    return key;
  }
  ApiKey Add(const ApiKey& key, char hash = 'h') {
    auto added = keys().Add(key, Hash(hash), 50, Soon());
    EXPECT_TRUE(added.ok()) << added.error().ToString();
    return *std::move(added);
  }
  std::vector<std::string> Ids(std::int64_t user_id, std::int64_t after = 0, int limit = 100) {
    std::vector<std::string> ids;
    const auto listed = keys().ListOf(user_id, after, limit, Soon());
    EXPECT_TRUE(listed.ok());
    for (const auto& key : *listed) ids.push_back(key.id);
    return ids;
  }
  using List = std::vector<std::string>;

  std::int64_t ada_ = 0;
  std::int64_t bob_ = 0;

 private:
  std::optional<Fixture> fixture_;
};

TYPED_TEST_SUITE_P(ApiKeyContract);

TYPED_TEST_P(ApiKeyContract, KeepsAKeyAsItWasGiven) {
  ApiKey key = this->Key("a", this->ada_);
  key.name = R"(quo"te\ {x,NULL} 'é')";
  key.networks = {*Network::Parse("192.0.2.0/24"), *Network::Parse("2001:db8::/32")};
  key.expires_at = this->now_ + std::chrono::hours{1};
  const ApiKey added = this->Add(key);
  EXPECT_GT(added.number, 0);
  key.number = added.number;
  EXPECT_EQ(added, key);
  const auto listed = this->keys().ListOf(this->ada_, 0, 10, this->Soon());
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ((*listed)[0], key);
  const auto held = this->keys().Held("a", this->Soon());
  ASSERT_TRUE(held.ok()) << held.error().ToString();
  EXPECT_EQ(held->key, key);
  EXPECT_EQ(held->hashes.current, this->Hash('h'));
  EXPECT_EQ(held->hashes.previous, "");
  EXPECT_EQ(held->roles, (Roles{Role::kUser, Role::kCurator}));
}

TYPED_TEST_P(ApiKeyContract, ListsAPersonsOwnInTheOrderTheyWereMade) {
  for (const char* id : {"c", "a", "b"}) this->Add(this->Key(id, this->ada_));
  this->Add(this->Key("d", this->bob_));
  EXPECT_EQ(this->Ids(this->ada_), (typename TestFixture::List{"c", "a", "b"}));
  EXPECT_EQ(this->Ids(this->bob_), (typename TestFixture::List{"d"}));
  const auto first = this->keys().ListOf(this->ada_, 0, 1, this->Soon());
  EXPECT_EQ(this->Ids(this->ada_, first->front().number, 1), (typename TestFixture::List{"a"}));
}

TYPED_TEST_P(ApiKeyContract, TakesNoMoreThanAPersonMayHaveHoweverManyAtOnce) {
  std::atomic<int> added = 0, refused = 0;
  {
    std::vector<std::jthread> threads;
    threads.reserve(8);
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        const auto made = this->keys().Add(this->Key(std::to_string(i), this->ada_),
                                           this->Hash('h'), 3, this->Soon());
        if (made.ok()) ++added;
        if (!made.ok() && made.error().reason == "api_keys_too_many") ++refused;
      });
    }
  }
  EXPECT_EQ(added, 3);
  EXPECT_EQ(refused, 5);
  EXPECT_TRUE(this->keys().Add(this->Key("b", this->bob_), this->Hash('h'), 3, this->Soon()).ok());
}

TYPED_TEST_P(ApiKeyContract, RemovesAndReplacesAPersonsOwnAlone) {
  this->Add(this->Key("a", this->ada_));
  EXPECT_EQ(this->keys().Remove(this->bob_, "a", this->Soon()).error().reason, "api_key_unknown");
  EXPECT_EQ(this->keys().Replace(this->bob_, "a", this->Hash('n'), {}, this->Soon()).error().reason,
            "api_key_unknown");
  EXPECT_EQ(this->keys().Held("a", this->Soon())->hashes.current, this->Hash('h'));
  EXPECT_TRUE(this->keys().Remove(this->ada_, "a", this->Soon()).ok());
  EXPECT_EQ(this->keys().Remove(this->ada_, "a", this->Soon()).error().reason, "api_key_unknown");
  EXPECT_EQ(this->keys().Held("a", this->Soon()).error().reason, "api_key_unknown");
  EXPECT_EQ(this->Ids(this->ada_), typename TestFixture::List{});
}

TYPED_TEST_P(ApiKeyContract, ReplacesAHashAndKeepsTheOneBefore) {
  this->Add(this->Key("a", this->ada_), '1');
  const Time until = this->now_ + std::chrono::hours{24};
  const auto replaced = this->keys().Replace(this->ada_, "a", this->Hash('2'), until, this->Soon());
  ASSERT_TRUE(replaced.ok()) << replaced.error().ToString();
  EXPECT_EQ(replaced->previous_expires_at, until);
  auto held = this->keys().Held("a", this->Soon());
  EXPECT_EQ(held->hashes.current, this->Hash('2'));
  EXPECT_EQ(held->hashes.previous, this->Hash('1'));
  ASSERT_TRUE(this->keys().Replace(this->ada_, "a", this->Hash('3'), until, this->Soon()).ok());
  EXPECT_EQ(this->keys().Held("a", this->Soon())->hashes.previous, this->Hash('2'))
      << "one before is kept, and no more";
  ASSERT_TRUE(this->keys().Replace(this->ada_, "a", this->Hash('4'), {}, this->Soon()).ok());
  held = this->keys().Held("a", this->Soon());
  EXPECT_EQ(held->hashes.current, this->Hash('4'));
  EXPECT_EQ(held->hashes.previous, "");
  EXPECT_FALSE(held->key.previous_expires_at);
}

TYPED_TEST_P(ApiKeyContract, NotesAUseOnceInAWhile) {
  this->Add(this->Key("a", this->ada_));
  const auto use = [&](int second, const char* address) {
    const Time now = this->now_ + std::chrono::seconds{second};
    EXPECT_TRUE(
        this->keys().NoteUse("a", now, address, now - std::chrono::seconds{60}, this->Soon()).ok());
    const auto key = this->keys().Held("a", this->Soon())->key;
    return key.last_used_address + " " +
           std::to_string((*key.last_used_at - this->now_) / std::chrono::seconds{1});
  };
  EXPECT_EQ(use(0, "192.0.2.1"), "192.0.2.1 0");
  EXPECT_EQ(use(59, "192.0.2.2"), "192.0.2.1 0");
  EXPECT_EQ(use(60, "192.0.2.3"), "192.0.2.3 60");
  EXPECT_TRUE(this->keys().NoteUse("?", this->now_, "", this->now_, this->Soon()).ok());
}

TYPED_TEST_P(ApiKeyContract, KeysGoWithTheirAccount) {
  this->Add(this->Key("a", this->ada_));
  ASSERT_TRUE(this->accounts().Delete(this->ada_, this->Soon()).ok());
  EXPECT_EQ(this->keys().Held("a", this->Soon()).error().reason, "api_key_unknown");
  EXPECT_EQ(
      this->keys().Add(this->Key("b", this->ada_), this->Hash('h'), 3, this->Soon()).error().reason,
      "account_unknown");
}

TYPED_TEST_P(ApiKeyContract, KnowsRolesAsTheyAre) {
  this->Add(this->Key("a", this->ada_));
  ASSERT_TRUE(this->accounts().SetRoles(this->ada_, {Role::kUser}, this->Soon()).ok());
  EXPECT_EQ(this->keys().Held("a", this->Soon())->roles, Roles{Role::kUser});
}

REGISTER_TYPED_TEST_SUITE_P(ApiKeyContract, KeepsAKeyAsItWasGiven,
                            ListsAPersonsOwnInTheOrderTheyWereMade,
                            TakesNoMoreThanAPersonMayHaveHoweverManyAtOnce,
                            RemovesAndReplacesAPersonsOwnAlone, ReplacesAHashAndKeepsTheOneBefore,
                            NotesAUseOnceInAWhile, KeysGoWithTheirAccount, KnowsRolesAsTheyAre);

}  // namespace marquee::auth
