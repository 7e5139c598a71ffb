// What every store of identities must do; see testing/store_contract.h. A fixture gives
// `accounts()` and `identities()` on an empty store.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "auth/domain/identity.h"
#include "auth/domain/ports.h"

namespace marquee::auth {

template <typename Fixture>
class IdentityContract : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* missing = Fixture::Missing()) GTEST_SKIP() << "needs " << missing;
    fixture_.emplace();
    ada_ = AddAccount("Ada@example.com");
    bob_ = AddAccount("bob@example.com");
  }
  const Time now_{std::chrono::microseconds{1'700'000'000'123'456}};
  const Time later_ = now_ + std::chrono::minutes{5};
  const std::string google_ = "https://id.example";

  AccountRepository& accounts() { return fixture_->accounts(); }
  IdentityRepository& identities() { return fixture_->identities(); }
  static CallContext Soon() { return CallContext(SystemClock().Now() + std::chrono::seconds{30}); }
  static std::string Hash(char c) { return std::string(32, c); }
  std::int64_t AddAccount(const char* email) {
    const auto made =
        accounts().Create({*Email::Make(email), "$argon2id$x", "", {Role::kUser}, now_}, Soon());
    EXPECT_TRUE(made.ok()) << made.error().ToString();
    return made.ok() ? made->user_id : 0;
  }
  Identity Of(int n, const std::string& subject, const std::string& email = "a@b.co") const {
    return {.identity_id = "018c2b5e-7d1a-7c3e-9f00-00000000000" + std::to_string(n),
            .issuer = google_,
            .subject = subject,
            .email = email,
            .linked_at = now_ + std::chrono::seconds{n},
            .used_at = now_};
  }
  std::string Link(std::int64_t user_id, const Identity& identity, int most = 9) {
    const auto linked = identities().Link(user_id, identity, most, Soon());
    return linked.ok() ? "" : linked.error().reason;
  }
  std::string Remove(std::int64_t user_id, const Identity& identity) {
    const auto removed = identities().Remove(user_id, identity.identity_id, {google_}, Soon());
    return removed.ok() ? "" : removed.error().reason;
  }
  Result<Account> Create(const char* email, const Identity& identity) {
    return identities().CreateAccount({.email = *Email::Make(email),
                                       .password_hash = "",
                                       .display_name = "Eve",
                                       .roles = {Role::kUser},
                                       .created_at = now_,
                                       .email_verified = true},
                                      identity, Soon());
  }
  std::int64_t HolderOf(const std::string& issuer, const std::string& subject) {
    const auto used = identities().Use(issuer, subject, "a@b.co", now_, Soon());
    EXPECT_TRUE(used.ok() || used.error().reason == "identity_unknown");
    return used.ok() ? used->user_id : 0;
  }
  ProviderRequest Request(std::int64_t user_id = 0) const {
    return {.provider = "google",
            .browser_hash = Hash('b'),
            .user_id = user_id,
            .return_to = "/oauth2/authorize?client_id=x",
            .target = "https://club.example",
            .expires_at = later_};
  }
  std::string Take(char state, const std::string& provider, char browser, Time now) {
    const auto taken = identities().TakeRequest(Hash(state), provider, Hash(browser), now, Soon());
    return taken.ok() ? "" : taken.error().reason;
  }

  std::int64_t ada_ = 0;
  std::int64_t bob_ = 0;

 private:
  std::optional<Fixture> fixture_;
};

TYPED_TEST_SUITE_P(IdentityContract);

TYPED_TEST_P(IdentityContract, KnowsAPersonByIssuerAndSubjectTogether) {
  const Identity first = this->Of(1, "one"), second = this->Of(2, "two");
  ASSERT_EQ(this->Link(this->ada_, first), "");
  ASSERT_EQ(this->Link(this->ada_, second), "");
  EXPECT_EQ(this->HolderOf(this->google_, "one"), this->ada_);
  EXPECT_EQ(this->HolderOf(this->google_, "ONE"), 0);
  EXPECT_EQ(this->HolderOf(this->google_ + "/", "one"), 0);
  EXPECT_EQ(this->HolderOf("https://evil.example", "one"), 0);
  EXPECT_EQ(*this->identities().ListOf(this->ada_, this->Soon()), (std::vector{first, second}));
  EXPECT_TRUE(this->identities().ListOf(this->bob_, this->Soon())->empty());
}

TYPED_TEST_P(IdentityContract, RemembersUseAndTheAddressOfNow) {
  ASSERT_EQ(this->Link(this->ada_, this->Of(1, "one")), "");
  ASSERT_TRUE(
      this->identities().Use(this->google_, "one", "new@b.co", this->later_, this->Soon()).ok());
  const auto listed = this->identities().ListOf(this->ada_, this->Soon())->front();
  EXPECT_EQ(listed.used_at, this->later_);
  EXPECT_EQ(listed.email, "new@b.co");
}

TYPED_TEST_P(IdentityContract, LinksAnIdentityToOneAccount) {
  const Identity one = this->Of(1, "one");
  ASSERT_EQ(this->Link(this->ada_, one), "");
  EXPECT_EQ(this->Link(this->bob_, this->Of(2, "one")), "identity_taken");
  EXPECT_EQ(this->Link(this->ada_, this->Of(3, "one")), "") << "it is theirs already";
  EXPECT_EQ(*this->identities().ListOf(this->ada_, this->Soon()), std::vector{one});
  EXPECT_EQ(this->Link(this->ada_, this->Of(4, "four"), 1), "identities_too_many");
  EXPECT_EQ(this->Link(7, this->Of(5, "five")), "account_unknown");
}

TYPED_TEST_P(IdentityContract, ProvesTheAccountsOwnAddressAndNoOther) {
  const auto verified = [&] {
    return this->accounts().Find(this->ada_, this->Soon())->email_verified;
  };
  ASSERT_EQ(this->Link(this->ada_, this->Of(1, "one", "bob@example.com")), "");
  EXPECT_FALSE(verified());
  ASSERT_EQ(this->Link(this->ada_, this->Of(2, "two", "ada@EXAMPLE.com")), "");
  EXPECT_TRUE(verified());
}

TYPED_TEST_P(IdentityContract, MakesAnAccountWithoutAPassword) {
  const auto eve = this->Create("eve@example.com", this->Of(1, "one"));
  ASSERT_TRUE(eve.ok()) << eve.error().ToString();
  EXPECT_TRUE(eve->email_verified);
  EXPECT_EQ(this->accounts().FindCredentials(eve->user_id, this->Soon())->password_hash, "");
  EXPECT_EQ(this->HolderOf(this->google_, "one"), eve->user_id);
  EXPECT_EQ(this->Create("BOB@example.com", this->Of(2, "two")).error().reason, "email_taken");
  EXPECT_EQ(this->HolderOf(this->google_, "two"), 0);
  EXPECT_EQ(this->Create("mallory@example.com", this->Of(3, "one")).error().reason,
            "identity_taken");
  EXPECT_EQ(this->accounts()
                .FindCredentials(*Email::Make("mallory@example.com"), this->Soon())
                .error()
                .reason,
            "account_unknown")
      << "neither or both";
}

TYPED_TEST_P(IdentityContract, RemovesWhatIsTheirsButNotTheLastWayIn) {
  const Identity one = this->Of(1, "one"), two = this->Of(2, "two");
  ASSERT_EQ(this->Link(this->ada_, one), "");
  EXPECT_EQ(this->Remove(this->bob_, one), "identity_unknown");
  EXPECT_EQ(this->Remove(this->ada_, two), "identity_unknown");
  EXPECT_EQ(this->identities().Remove(this->ada_, "x", {}, this->Soon()).error().reason,
            "identity_unknown");
  EXPECT_EQ(this->Remove(this->ada_, one), "") << "there is a password";
  EXPECT_EQ(this->HolderOf(this->google_, "one"), 0);

  const auto eve = this->Create("eve@example.com", two)->user_id;
  EXPECT_EQ(this->Remove(eve, two), "last_sign_in");
  Identity elsewhere = this->Of(3, "three");
  elsewhere.issuer = "https://gone.example";
  ASSERT_EQ(this->Link(eve, elsewhere), "");
  EXPECT_EQ(this->Remove(eve, two), "last_sign_in") << "that provider is there no more";
  EXPECT_EQ(this->HolderOf(this->google_, "two"), eve);
  ASSERT_EQ(this->Link(eve, this->Of(4, "four")), "");
  EXPECT_EQ(this->Remove(eve, two), "");
}

TYPED_TEST_P(IdentityContract, LeavesOneOfTwoThatAreRemovedAtOnce) {
  const auto eve = this->Create("eve@example.com", this->Of(1, "one"))->user_id;
  ASSERT_EQ(this->Link(eve, this->Of(2, "two")), "");
  std::atomic<int> removed = 0;
  {
    std::vector<std::jthread> threads;
    for (int n = 1; n <= 2; ++n) {
      threads.emplace_back([&, n] {
        if (this->Remove(eve, this->Of(n, "")).empty()) ++removed;
      });
    }
  }
  EXPECT_EQ(removed, 1);
}

TYPED_TEST_P(IdentityContract, GoesWithItsAccount) {
  ASSERT_EQ(this->Link(this->ada_, this->Of(1, "one")), "");
  ASSERT_TRUE(
      this->identities().AddRequest(this->Hash('s'), this->Request(this->ada_), this->Soon()).ok());
  ASSERT_TRUE(this->accounts().Delete(this->ada_, this->Soon()).ok());
  EXPECT_EQ(this->HolderOf(this->google_, "one"), 0);
  EXPECT_EQ(this->Take('s', "google", 'b', this->now_), "provider_request_unknown");
}

TYPED_TEST_P(IdentityContract, GivesARequestOnceToItsBrowserAndProvider) {
  auto& identities = this->identities();
  ASSERT_TRUE(identities.AddRequest(this->Hash('s'), this->Request(this->bob_), this->Soon()).ok());
  EXPECT_EQ(this->Take('x', "google", 'b', this->now_), "provider_request_unknown");
  EXPECT_EQ(this->Take('s', "corp", 'b', this->now_), "provider_request_unknown");
  EXPECT_EQ(this->Take('s', "google", 'x', this->now_), "provider_request_unknown");
  EXPECT_EQ(this->Take('s', "google", 'b', this->later_), "provider_request_unknown");
  EXPECT_EQ(
      *identities.TakeRequest(this->Hash('s'), "google", this->Hash('b'), this->now_, this->Soon()),
      this->Request(this->bob_));
  EXPECT_EQ(this->Take('s', "google", 'b', this->now_), "provider_request_unknown") << "once";
  EXPECT_EQ(identities.AddRequest(this->Hash('t'), this->Request(7), this->Soon()).error().reason,
            "account_unknown");
}

TYPED_TEST_P(IdentityContract, GivesARequestToOneOfManyWhoAskAtOnce) {
  ASSERT_TRUE(this->identities().AddRequest(this->Hash('s'), this->Request(), this->Soon()).ok());
  std::atomic<int> taken = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&] {
        if (this->Take('s', "google", 'b', this->now_).empty()) ++taken;
      });
    }
  }
  EXPECT_EQ(taken, 1);
}

TYPED_TEST_P(IdentityContract, ForgetsRequestsThatHaveExpired) {
  ASSERT_TRUE(this->identities().AddRequest(this->Hash('s'), this->Request(), this->Soon()).ok());
  ASSERT_TRUE(this->identities().Purge(this->now_, this->Soon()).ok());
  ASSERT_TRUE(this->identities().AddRequest(this->Hash('t'), this->Request(), this->Soon()).ok());
  EXPECT_EQ(this->Take('s', "google", 'b', this->now_), "");
  ASSERT_TRUE(this->identities().Purge(this->later_, this->Soon()).ok());
  EXPECT_EQ(this->Take('t', "google", 'b', this->now_), "provider_request_unknown");
}

REGISTER_TYPED_TEST_SUITE_P(IdentityContract, KnowsAPersonByIssuerAndSubjectTogether,
                            RemembersUseAndTheAddressOfNow, LinksAnIdentityToOneAccount,
                            ProvesTheAccountsOwnAddressAndNoOther, MakesAnAccountWithoutAPassword,
                            RemovesWhatIsTheirsButNotTheLastWayIn,
                            LeavesOneOfTwoThatAreRemovedAtOnce, GoesWithItsAccount,
                            GivesARequestOnceToItsBrowserAndProvider,
                            GivesARequestToOneOfManyWhoAskAtOnce, ForgetsRequestsThatHaveExpired);

}  // namespace marquee::auth
