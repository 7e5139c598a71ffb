// Requests, the outbox and its sender, on stores in memory.
#include "auth/app/account_mail.h"

#include <gtest/gtest.h>

#include <vector>

#include "auth/app/mail_sender.h"
#include "auth/testing/fakes.h"
#include "auth/testing/memory_guesses.h"
#include "auth/testing/memory_mails.h"
#include "auth/testing/memory_store.h"
#include "base/testing/calls.h"

namespace marquee::auth {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr char kBase[] = "https://marquee.example";

class FakeMailer final : public Mailer {
 public:
  Status Send(const Mail& mail, const CallContext&) override {
    ++attempts;
    if (failure) return *failure;
    sent.push_back(mail);
    return {};
  }
  std::string LastToken() const {
    const std::string& text = sent.back().text;
    const auto at = text.find('#') + 1;
    return text.substr(at, text.find_first_of("\n ", at) - at);
  }

  int attempts = 0;
  std::vector<Mail> sent;
  std::optional<Error> failure;
};

class AccountMailTest : public testing::Test {
 protected:
  AccountMailTest() {
    const auto made = store_.Create(
        {*Email::Make("ada@example.com"), "$argon2id$old phrase", "", {Role::kUser}, clock_.Now()},
        kNoDeadline);
    EXPECT_TRUE(made.ok());
    ada_ = made->user_id;
  }
  std::string Reason(const Status& status) { return status.ok() ? "ok" : status.error().reason; }
  // Steps until nothing is due, each on this thread: its own is stopped by its long first pause.
  void Deliver() {
    metrics::Metrics registry;
    MailSender sender(mails_, store_, mailer_, clock_, registry, kBase, std::chrono::hours{1});
    for (int i = 0; i < 5; ++i) sender.StepNow();
  }
  ManualClock clock_;
  metrics::Metrics registry_;
  AuthMetrics metrics_{registry_};
  MemoryStore store_;
  MemoryGuesses guesses_;
  MemoryMails mails_{store_};
  FakeHasher hasher_;
  FakeMailer mailer_;
  GuessGuard guard_{guesses_, store_, clock_, metrics_};
  Passwords passwords_{store_, hasher_, guard_};
  AccountMail mail_{mails_, store_, passwords_, guard_, clock_, true};
  std::int64_t ada_ = 0;
};

TEST_F(AccountMailTest, ARequestDoesTheSameWhetherOrNotThereIsAnAccount) {
  EXPECT_EQ(Reason(mail_.RequestPasswordReset("ADA@example.com", kNoDeadline)), "ok");
  EXPECT_EQ(Reason(mail_.RequestPasswordReset("nobody@example.com", kNoDeadline)), "ok");
  EXPECT_EQ(mails_.waiting(), 2U) << "both wait; who is nobody shows when it is sent";
  EXPECT_EQ(hasher_.work, 0);
  Deliver();
  EXPECT_EQ(mails_.waiting(), 0U);
  ASSERT_EQ(mailer_.sent.size(), 1U);
  EXPECT_EQ(mailer_.sent[0].to.address(), "ADA@example.com");
}

TEST_F(AccountMailTest, ANewPasswordIsHeldToTheRulesAndSetOnce) {
  ASSERT_TRUE(mail_.RequestPasswordReset("ada@example.com", kNoDeadline).ok());
  Deliver();
  const std::string token = mailer_.LastToken();
  EXPECT_EQ(Reason(mail_.ConfirmPasswordReset("another", "a fine new phrase", kNoDeadline)),
            "link_invalid");
  EXPECT_EQ(Reason(mail_.ConfirmPasswordReset(token, "password", kNoDeadline)),
            "password_too_common");
  EXPECT_EQ(Reason(mail_.ConfirmPasswordReset(token, "a fine new phrase", kNoDeadline)), "ok");
  EXPECT_EQ(store_.FindCredentials(ada_, kNoDeadline)->password_hash,
            "$argon2id$a fine new phrase");
  EXPECT_EQ(Reason(mail_.ConfirmPasswordReset(token, "a fine new phrase", kNoDeadline)),
            "link_invalid");
}

TEST_F(AccountMailTest, ALinkIsGoodForAnHour) {
  ASSERT_TRUE(mail_.RequestPasswordReset("ada@example.com", kNoDeadline).ok());
  Deliver();
  clock_.Advance(minutes{60});
  EXPECT_EQ(
      Reason(mail_.ConfirmPasswordReset(mailer_.LastToken(), "a fine new phrase", kNoDeadline)),
      "link_invalid");
}

TEST_F(AccountMailTest, AnotherAddressNeedsThePasswordAndTheLink) {
  const std::optional<std::string> none;
  EXPECT_EQ(Reason(mail_.RequestEmailVerification(ada_, "new@example.com", none, kNoDeadline)),
            "missing_field");
  EXPECT_EQ(Reason(mail_.RequestEmailVerification(ada_, "new@example.com", "wrong", kNoDeadline)),
            "password_wrong");
  EXPECT_EQ(mail_.RequestEmailVerification(ada_, "new", "old phrase", kNoDeadline).error().field,
            "new_email");
  EXPECT_EQ(
      Reason(mail_.RequestEmailVerification(ada_, "new@example.com", "old phrase", kNoDeadline)),
      "ok");
  Deliver();
  EXPECT_EQ(store_.Find(ada_, kNoDeadline)->email, "ada@example.com");
  EXPECT_EQ(Reason(mail_.ConfirmEmailVerification(mailer_.LastToken(), kNoDeadline)), "ok");
  EXPECT_EQ(store_.Find(ada_, kNoDeadline)->email, "new@example.com");
  EXPECT_EQ(Reason(mail_.RequestEmailVerification(ada_, none, none, kNoDeadline)),
            "email_verified");
}

TEST_F(AccountMailTest, RequestsAreHeldLikeGuesses) {
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(Reason(mail_.RequestPasswordReset("ada@example.com", kNoDeadline)), "ok");
  EXPECT_EQ(Reason(mail_.RequestPasswordReset("ada@example.com", kNoDeadline)), "login_backoff");
  EXPECT_EQ(mails_.waiting(), 5U);
}

TEST_F(AccountMailTest, WithoutAServerNothingIsPromised) {
  AccountMail off(mails_, store_, passwords_, guard_, clock_, false);
  EXPECT_EQ(Reason(off.RequestPasswordReset("ada@example.com", kNoDeadline)), "mail_disabled");
  EXPECT_EQ(mails_.waiting(), 0U);
}

TEST_F(AccountMailTest, AMailIsTriedAgainUntilItsLinkWouldHaveExpired) {
  ASSERT_TRUE(mail_.RequestPasswordReset("ada@example.com", kNoDeadline).ok());
  mailer_.failure = Error::Unavailable("mail_unavailable", "away");
  Deliver();
  EXPECT_EQ(mailer_.attempts, 1) << "not before its time";
  clock_.Advance(seconds{5});
  Deliver();
  EXPECT_EQ(mailer_.attempts, 2);
  clock_.Advance(minutes{60});
  Deliver();
  EXPECT_EQ(mails_.waiting(), 0U) << "given up";
}

TEST_F(AccountMailTest, WhatAServerRefusesForGoodIsGivenUp) {
  ASSERT_TRUE(mail_.RequestPasswordReset("ada@example.com", kNoDeadline).ok());
  mailer_.failure = Error::FailedPrecondition("mail_refused", "550");
  Deliver();
  EXPECT_EQ(mailer_.attempts, 1);
  EXPECT_EQ(mails_.waiting(), 0U);
}

}  // namespace
}  // namespace marquee::auth
