// What every store of mails and links must do; see testing/store_contract.h. A fixture gives
// `accounts()`, `sessions()` and `mails()` on an empty store.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "auth/domain/mail.h"
#include "auth/domain/ports.h"

namespace marquee::auth {

template <typename Fixture>
class MailContract : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* missing = Fixture::Missing()) GTEST_SKIP() << "needs " << missing;
    fixture_.emplace();
    ada_ = Add("Ada@example.com");
  }
  const Time now_{std::chrono::microseconds{1'700'000'000'123'456}};
  const Time later_ = now_ + std::chrono::hours{1};
  static constexpr auto kReset = LinkPurpose::kResetPassword;
  static constexpr auto kVerify = LinkPurpose::kVerifyEmail;

  AccountRepository& accounts() { return fixture_->accounts(); }
  SessionRepository& sessions() { return fixture_->sessions(); }
  MailRepository& mails() { return fixture_->mails(); }
  static CallContext Soon() { return CallContext(SystemClock().Now() + std::chrono::seconds{30}); }
  static std::string Hash(char c) { return std::string(32, c); }
  static Email Address(const char* text) { return *Email::Make(text); }

  std::int64_t Add(const char* email) {
    const auto made =
        accounts().Create({Address(email), "$argon2id$old", "", {Role::kUser}, now_}, Soon());
    EXPECT_TRUE(made.ok()) << made.error().ToString();
    return made.ok() ? made->user_id : 0;
  }
  void Issue(LinkPurpose purpose, char token, const char* email = "ada@example.com") {
    const auto issued =
        mails().Issue({ada_, purpose, Address(email), later_}, Hash(token), now_, Soon());
    EXPECT_TRUE(issued.ok()) << issued.error().ToString();
  }
  std::string Find(LinkPurpose purpose, char token, Time at) {
    const auto found = mails().FindLink(purpose, Hash(token), at, Soon());
    return found.ok() ? found->email.address() : found.error().reason;
  }
  std::string Reset(char token, const std::string& network = "") {
    const auto reset = mails().ResetPassword(Hash(token), "$argon2id$new", network, now_, Soon());
    return reset.ok() ? "ok" : reset.error().reason;
  }
  std::string Verify(char token) {
    const auto verified = mails().VerifyEmail(Hash(token), now_, Soon());
    return verified.ok() ? "ok" : verified.error().reason;
  }

  std::int64_t ada_ = 0;

 private:
  std::optional<Fixture> fixture_;
};

TYPED_TEST_SUITE_P(MailContract);

TYPED_TEST_P(MailContract, GivesOutWhatIsDueTheLongestToOneAtATime) {
  using std::chrono::seconds;
  auto& mails = this->mails();
  const Time now = this->now_;
  EXPECT_EQ(*mails.Take(now, now + seconds{30}, this->Soon()), std::nullopt);
  ASSERT_TRUE(
      mails.Enqueue(this->kReset, this->Address("x@example.com"), 0, now, this->Soon()).ok());
  ASSERT_TRUE(mails
                  .Enqueue(this->kVerify, this->Address("ada@example.com"), this->ada_,
                           now + seconds{1}, this->Soon())
                  .ok());
  const auto first = *mails.Take(now + seconds{1}, now + seconds{30}, this->Soon());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->email.address(), "x@example.com");
  EXPECT_EQ(first->purpose, this->kReset);
  EXPECT_EQ(first->user_id, 0);
  EXPECT_EQ(first->attempts, 1);
  EXPECT_EQ(first->expires_at, now + LifetimeOf(this->kReset));
  const auto second = *mails.Take(now + seconds{1}, now + seconds{90}, this->Soon());
  ASSERT_TRUE(second);
  EXPECT_EQ(second->user_id, this->ada_);
  EXPECT_EQ(*mails.Take(now + seconds{29}, now + seconds{59}, this->Soon()), std::nullopt);
  const auto again = *mails.Take(now + seconds{30}, now + seconds{60}, this->Soon());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->mail_id, first->mail_id);
  EXPECT_EQ(again->attempts, 2);
  ASSERT_TRUE(mails.Postpone(first->mail_id, now + seconds{40}, this->Soon()).ok());
  EXPECT_TRUE(*mails.Take(now + seconds{40}, now + seconds{80}, this->Soon()));
  ASSERT_TRUE(mails.Remove(first->mail_id, this->Soon()).ok());
  ASSERT_TRUE(this->accounts().Delete(this->ada_, this->Soon()).ok());
  EXPECT_EQ(*mails.Take(now + seconds{999}, now + seconds{1'000}, this->Soon()), std::nullopt)
      << "one's mails go with the account";
}

TYPED_TEST_P(MailContract, ALinkIsOfItsPurposeUntilItExpiresOrIsReplaced) {
  this->Issue(this->kReset, 'a');
  this->Issue(this->kVerify, 'b');
  EXPECT_EQ(this->Find(this->kReset, 'a', this->now_), "ada@example.com");
  EXPECT_EQ(this->Find(this->kVerify, 'a', this->now_), "link_invalid");
  EXPECT_EQ(this->Find(this->kReset, 'a', this->later_), "link_invalid");
  this->Issue(this->kReset, 'c');
  EXPECT_EQ(this->Find(this->kReset, 'a', this->now_), "link_invalid");
  EXPECT_EQ(this->Find(this->kVerify, 'b', this->now_), "ada@example.com");
  EXPECT_EQ(this->mails()
                .Issue({7, this->kReset, this->Address("a@b.co"), this->later_}, this->Hash('x'),
                       this->now_, this->Soon())
                .error()
                .reason,
            "account_unknown");
}

TYPED_TEST_P(MailContract, ResetsAPasswordOnceAndEndsAllSessions) {
  ASSERT_TRUE(
      this->sessions()
          .Start({"00000000-0000-7000-8000-000000000001", this->ada_, this->now_, this->later_}, {},
                 this->Hash('t'), this->Soon())
          .ok());
  this->Issue(this->kReset, 'a');
  EXPECT_EQ(this->Reset('z'), "link_invalid");
  std::atomic<int> done = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] { done += this->Reset('a', "192.0.2.7") == "ok" ? 1 : 0; });
  }
  EXPECT_EQ(done, 1);
  const auto found = this->accounts().FindCredentials(this->ada_, this->Soon());
  EXPECT_EQ(found->password_hash, "$argon2id$new");
  EXPECT_TRUE(found->account.email_verified);
  EXPECT_TRUE(this->sessions().ListOf(this->ada_, "", 9, this->now_, this->Soon())->empty());
  EXPECT_TRUE(
      *this->sessions().KnowsNetwork(this->Address("ada@example.com"), "192.0.2.7", this->Soon()));
}

TYPED_TEST_P(MailContract, VerifiesAnAddressOrMakesItTheAccounts) {
  this->Issue(this->kVerify, 'a');
  EXPECT_EQ(this->Verify('a'), "ok");
  EXPECT_EQ(this->Verify('a'), "link_invalid");
  EXPECT_TRUE(this->accounts().Find(this->ada_, this->Soon())->email_verified);
  this->Issue(this->kReset, 'r');
  this->Issue(this->kVerify, 'b', "ada@example.org");
  EXPECT_EQ(this->Verify('b'), "ok");
  EXPECT_EQ(this->accounts().Find(this->ada_, this->Soon())->email, "ada@example.org");
  EXPECT_EQ(this->Find(this->kReset, 'r', this->now_), "link_invalid") << "it went elsewhere";
  this->Add("bob@example.com");
  this->Issue(this->kVerify, 'c', "BOB@example.com");
  EXPECT_EQ(this->Verify('c'), "email_taken");
  EXPECT_EQ(this->accounts().Find(this->ada_, this->Soon())->email, "ada@example.org");
}

TYPED_TEST_P(MailContract, AResetThatWentElsewhereProvesNothing) {
  this->Issue(this->kReset, 'a', "before@example.com");
  EXPECT_EQ(this->Reset('a'), "ok");
  EXPECT_FALSE(this->accounts().Find(this->ada_, this->Soon())->email_verified);
}

REGISTER_TYPED_TEST_SUITE_P(MailContract, GivesOutWhatIsDueTheLongestToOneAtATime,
                            ALinkIsOfItsPurposeUntilItExpiresOrIsReplaced,
                            ResetsAPasswordOnceAndEndsAllSessions,
                            VerifiesAnAddressOrMakesItTheAccounts,
                            AResetThatWentElsewhereProvesNothing);

}  // namespace marquee::auth
