// The use cases, on the store in memory.
#include <gtest/gtest.h>

#include <set>

#include "auth/app/accounts.h"
#include "auth/app/administration.h"
#include "auth/app/one_time_codes.h"
#include "auth/app/secrets.h"
#include "auth/app/service_tokens.h"
#include "auth/testing/fakes.h"
#include "auth/testing/memory_guesses.h"
#include "auth/testing/memory_second_factors.h"
#include "auth/testing/memory_store.h"

namespace marquee::auth {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

const CallContext kNever(Time::max());
constexpr char kPassword[] = "correct horse battery";
constexpr char kSecret[] = "the operator's secret";

class AppTest : public testing::Test {
 protected:
  AppTest() { EXPECT_TRUE(keys_.Refresh(kNever).ok()); }

  SignedIn SignUp(const std::string& email = "ada@example.com") {
    auto signed_in = accounts_.Register({email, kPassword, "Ada"}, kNever);
    EXPECT_TRUE(signed_in.ok());
    return *std::move(signed_in);
  }
  static Person PersonOf(const SignedIn& signed_in, const std::string& session = "") {
    return {signed_in.account.user_id, session};
  }
  token::Claims ClaimsOf(const std::string& jwt) {
    auto claims = token::Verify(jwt, *keys_.PublicKeys(), {}, clock_.Now());
    EXPECT_TRUE(claims.ok());
    return *std::move(claims);
  }
  std::string ReasonOf(const Result<SignedIn>& result) {
    return result.ok() ? "ok" : result.error().reason;
  }

  ManualClock clock_;
  metrics::Metrics registry_;
  AuthMetrics metrics_{registry_};
  MemoryStore store_;
  FakeHasher hasher_;
  PlainSealer sealer_;
  KeyRing keys_{store_, sealer_, clock_, {}};
  Sessions sessions_{store_, keys_, clock_, metrics_, "the successors' key"};
  MemoryGuesses guesses_;
  GuessGuard guard_{guesses_, store_, clock_, metrics_};
  Passwords passwords_{store_, hasher_, guard_};
  MemorySecondFactors factor_store_{store_};
  SecondFactors second_factors_{factor_store_, passwords_, guard_,          sessions_,
                                sealer_,       clock_,     "the codes' key"};
  Accounts accounts_{store_, passwords_, second_factors_, sessions_, clock_, metrics_};
  Administration administration_{store_, hasher_, sessions_, clock_, kSecret};
};

TEST_F(AppTest, RegistrationSignsIn) {
  const auto signed_in = accounts_.Register({" Ada@EXAMPLE.com ", kPassword, " Ada "}, kNever);
  ASSERT_TRUE(signed_in.ok());
  EXPECT_EQ(signed_in->account.email, "Ada@example.com");
  EXPECT_EQ(signed_in->account.display_name, "Ada");
  EXPECT_EQ(signed_in->account.user_id, kFirstUserId);
  const auto claims = ClaimsOf(signed_in->access_token);
  EXPECT_EQ(claims.user_id, kFirstUserId);
  EXPECT_EQ(claims.roles, (std::vector<std::string>{"user"}));
  EXPECT_EQ(claims.expires_at - claims.issued_at, minutes{15});
  EXPECT_FALSE(claims.session_id.empty());
}

TEST_F(AppTest, RegistrationRefusesBadInputBeforeHashing) {
  EXPECT_EQ(ReasonOf(accounts_.Register({"ada", kPassword, ""}, kNever)), "email_malformed");
  EXPECT_EQ(ReasonOf(accounts_.Register({"a@b.co", "password1234", ""}, kNever)),
            "password_too_common");
  EXPECT_EQ(ReasonOf(accounts_.Register({"a@b.co", kPassword, "a\nb"}, kNever)),
            "display_name_malformed");
  EXPECT_EQ(hasher_.work, 0);
}

TEST_F(AppTest, RegistrationRefusesATakenAddress) {
  SignUp();
  EXPECT_EQ(ReasonOf(accounts_.Register({"ADA@example.com", kPassword, ""}, kNever)),
            "email_taken");
}

TEST_F(AppTest, LoginTellsNothingOfWhetherAnAccountExists) {
  SignUp();
  hasher_.work = 0;
  const auto wrong = accounts_.Login({"ada@example.com", "wrong"}, kNever);
  EXPECT_EQ(hasher_.work, 1);
  const auto unknown = accounts_.Login({"bob@example.com", "wrong"}, kNever);
  EXPECT_EQ(hasher_.work, 2);  // as much work
  ASSERT_FALSE(wrong.ok());
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(wrong.error(), unknown.error());
  EXPECT_EQ(wrong.error().code, Code::kUnauthenticated);
}

TEST_F(AppTest, LoginTakesAsLongForNobodyHoweverThePasswordIsTyped) {
  SignUp();
  for (const char* typed : {"wrong password", "wrong\u00a0pa\u0308ssword"}) {
    hasher_.work = 0;
    EXPECT_EQ(ReasonOf(accounts_.Login({"ada@example.com", typed}, kNever)), "credentials_wrong");
    const int known = hasher_.work;
    hasher_.work = 0;
    EXPECT_EQ(ReasonOf(accounts_.Login({"bob@example.com", typed}, kNever)), "credentials_wrong");
    EXPECT_EQ(hasher_.work, known) << typed;
  }
}

TEST_F(AppTest, APasswordFromBeforeNormalizationStillWorksAndIsHashedAnew) {
  const std::string typed = "cre\u0300me bru\u0302le\u0301e";
  const auto made = store_.Create(
      {*Email::Make("old@example.com"), "$argon2id$" + typed, "", {Role::kUser}, clock_.Now()},
      kNever);
  ASSERT_TRUE(made.ok());
  const auto other = accounts_.Login({"old@example.com", typed}, kNever);
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(store_.FindCredentials(made->user_id, kNever)->password_hash,
            "$argon2id$" + ComparablePassword(typed));
  EXPECT_TRUE(accounts_.Login({"old@example.com", ComparablePassword(typed)}, kNever).ok());
  EXPECT_TRUE(sessions_.Refresh(other->refresh_token, kNever).ok()) << "no session ended";
}

// Guesses as people make them: from somewhere.
class BackoffTest : public AppTest {
 protected:
  static CallContext From(const std::string& address) {
    CallContext call = kNever;
    call.client_address = address;
    return call;
  }
  // The reasons of so many sign-ins, each only once.
  std::set<std::string> Try(int times, const std::string& email, const std::string& password,
                            const std::string& address) {
    std::set<std::string> reasons;
    for (int i = 0; i < times; ++i)
      reasons.insert(ReasonOf(accounts_.Login({email, password}, From(address))));
    return reasons;
  }
  using Reasons = std::set<std::string>;
};

TEST_F(BackoffTest, WaitsGrowAndNothingIsHashedMeanwhile) {
  SignUp();
  EXPECT_EQ(Try(5, "ada@example.com", "wrong", "192.0.2.1"), Reasons{"credentials_wrong"});
  hasher_.work = 0;
  const auto refused = accounts_.Login({"ada@example.com", kPassword}, From("192.0.2.1"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
  EXPECT_EQ(refused.error().reason, "login_backoff");
  EXPECT_EQ(refused.error().retry_after, std::chrono::seconds{1});
  EXPECT_EQ(hasher_.work, 0);
  clock_.Advance(std::chrono::seconds{1});
  EXPECT_EQ(Try(1, "ada@example.com", "wrong", "192.0.2.1"), Reasons{"credentials_wrong"});
  EXPECT_EQ(accounts_.Login({"ada@example.com", kPassword}, From("192.0.2.1")).error().retry_after,
            std::chrono::seconds{2});
  EXPECT_EQ(Try(1, "ada@example.com", "wrong", "192.0.2.2"), Reasons{"credentials_wrong"})
      << "another's waiting isn't theirs";
  clock_.Advance(std::chrono::seconds{2});
  EXPECT_EQ(Try(1, "ada@example.com", kPassword, "192.0.2.1"), Reasons{"ok"});
  EXPECT_EQ(Try(5, "ada@example.com", "wrong", "192.0.2.1"), Reasons{"credentials_wrong"})
      << "a right one forgets those before";
  EXPECT_NE(registry_.Text().find("marquee_auth_backoffs_total 2"), std::string::npos);
}

TEST_F(BackoffTest, StrangersDoNotKeepTheOwnerOutAtHome) {
  SignUp();
  EXPECT_EQ(Try(1, "ada@example.com", kPassword, "2001:db8::1"), Reasons{"ok"});
  for (int i = 0; i < 200; ++i)
    Try(1, "ada@example.com", "wrong", "198.51.100." + std::to_string(i));
  EXPECT_EQ(Try(1, "ada@example.com", kPassword, "203.0.113.1"), Reasons{"login_backoff"});
  EXPECT_EQ(Try(1, "ada@example.com", kPassword, "2001:db8::2"), Reasons{"ok"}) << "the same /64";
  EXPECT_EQ(Try(6, "ada@example.com", "wrong", "2001:db8::2"),
            (Reasons{"credentials_wrong", "login_backoff"}))
      << "there, too, guesses are counted";
}

TEST_F(BackoffTest, NobodysAccountIsTreatedLikeSomebodys) {
  SignUp();
  for (const char* email : {"ada@example.com", "nobody@example.com"}) {
    EXPECT_EQ(Try(5, email, "wrong", "192.0.2.1"), Reasons{"credentials_wrong"}) << email;
    EXPECT_EQ(Try(1, email, "wrong", "192.0.2.1"), Reasons{"login_backoff"}) << email;
  }
}

TEST_F(BackoffTest, AFloodFromOneNetworkIsHeldWhateverAccountsItIsAt) {
  SignUp();
  SignUp("bob@example.com");
  EXPECT_EQ(Try(1, "bob@example.com", kPassword, "198.51.100.66"), Reasons{"ok"});
  for (int i = 0; i < 60; ++i)
    Try(1, "user" + std::to_string(i) + "@example.com", "password1", "198.51.100.66");
  EXPECT_EQ(Try(1, "ada@example.com", kPassword, "198.51.100.66"), Reasons{"login_backoff"});
  EXPECT_EQ(Try(1, "ada@example.com", kPassword, "198.51.100.67"), Reasons{"ok"});
  EXPECT_EQ(Try(1, "bob@example.com", kPassword, "198.51.100.66"), Reasons{"ok"})
      << "who is known there doesn't wait for a neighbour";
}

TEST_F(BackoffTest, WhatCouldNotBeJudgedCountsForNothing) {
  SignUp();
  hasher_.failure = Error::ResourceExhausted("too_many_sign_ins", "later");
  EXPECT_EQ(Try(50, "ada@example.com", kPassword, "192.0.2.1"), Reasons{"too_many_sign_ins"});
  hasher_.failure.reset();
  EXPECT_EQ(Try(1, "ada@example.com", kPassword, "192.0.2.1"), Reasons{"ok"});
}

TEST_F(BackoffTest, AThiefOfASessionGuessesWithoutHarmToSignIns) {
  const auto signed_in = SignUp();
  AccountUpdate update{.current_password = "wrong", .new_password = "a wholly new phrase"};
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(accounts_.Update(PersonOf(signed_in), update, From("192.0.2.1")).error().reason,
              "password_wrong");
  }
  EXPECT_EQ(accounts_.Update(PersonOf(signed_in), update, From("192.0.2.2")).error().reason,
            "login_backoff");
  EXPECT_EQ(Try(1, "ada@example.com", kPassword, "192.0.2.1"), Reasons{"ok"});
}

TEST_F(BackoffTest, HousekeepingForgetsWhatHasDrained) {
  Try(3, "nobody@example.com", "wrong", "192.0.2.1");
  EXPECT_EQ(guesses_.size(), 3U);
  clock_.Advance(hours{8});
  ASSERT_TRUE(guard_.Purge(kNever).ok());
  EXPECT_EQ(guesses_.size(), 0U);
}

// Somebody with a second factor, and their authenticator.
class SecondFactorTest : public BackoffTest {
 protected:
  SecondFactorTest() {
    person_ = PersonOf(SignUp());
    const auto setup = second_factors_.Start(person_, kPassword, kNever);
    EXPECT_TRUE(setup.ok()) << setup.error().ToString();
    secret_ = factor_store_.Find(person_.user_id, kNever)->value().sealed.substr(7);
    EXPECT_EQ(setup->secret, Base32Encode(secret_));
    EXPECT_EQ(setup->uri, OtpauthUri(secret_, "ada@example.com"));
  }
  std::string Now() { return HotpCode(secret_, TotpStep(clock_.Now()), 6); }
  void TurnOn() {
    auto codes = second_factors_.Confirm(person_, Now(), kNever);
    ASSERT_TRUE(codes.ok()) << codes.error().ToString();
    recovery_codes_ = *std::move(codes);
    clock_.Advance(std::chrono::seconds{60});
  }
  std::string Login(const std::string& code, const std::string& password = kPassword,
                    const std::string& address = "192.0.2.1") {
    return ReasonOf(accounts_.Login({"ada@example.com", password, code}, From(address)));
  }

  Person person_;
  std::string secret_;
  std::vector<std::string> recovery_codes_;
};

TEST_F(SecondFactorTest, IsAskedForOnceItWasConfirmedAndOnlyAfterTheRightPassword) {
  EXPECT_EQ(Login(""), "ok");
  EXPECT_EQ(second_factors_.Confirm(person_, "000000", kNever).error().reason,
            "one_time_code_wrong");
  TurnOn();
  EXPECT_EQ(recovery_codes_.size(), 10U);
  EXPECT_EQ(Login(""), "second_factor_required");
  EXPECT_EQ(Login("", "wrong"), "credentials_wrong");
  EXPECT_EQ(Login(Now(), "wrong"), "credentials_wrong");
  EXPECT_EQ(Login(Now()), "ok") << "a wrong password hadn't used it up";
  EXPECT_NE(registry_.Text().find("outcome=\"second_factor_required\"} 1"), std::string::npos);
}

TEST_F(SecondFactorTest, ACodeIsGoodOnce) {
  const std::string confirmed_with = Now();
  TurnOn();
  EXPECT_EQ(Login(confirmed_with), "one_time_code_wrong");
  const std::string code = Now();
  EXPECT_EQ(Login(code), "ok");
  EXPECT_EQ(Login(code), "one_time_code_wrong");
  clock_.Advance(std::chrono::seconds{30});
  EXPECT_EQ(Login(code), "one_time_code_wrong");
  EXPECT_EQ(Login(Now()), "ok");
}

TEST_F(SecondFactorTest, ARecoveryCodeIsGoodOnce) {
  TurnOn();
  EXPECT_EQ(Login(recovery_codes_[3]), "ok");
  EXPECT_EQ(Login(recovery_codes_[3]), "one_time_code_wrong");
  EXPECT_EQ(Login(recovery_codes_[4]), "ok");
  EXPECT_EQ(Login("aaaa-bbbb-cccc-dddd"), "one_time_code_wrong");
}

TEST_F(SecondFactorTest, CodesAreGuessedAsSlowlyAsPasswords) {
  TurnOn();
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(Login("00000" + std::to_string(i), kPassword, "198.51.100.1"), "one_time_code_wrong");
  EXPECT_EQ(Login(Now(), kPassword, "198.51.100.1"), "login_backoff");
  clock_.Advance(std::chrono::seconds{1});
  EXPECT_EQ(Login(Now(), kPassword, "198.51.100.1"), "ok");
}

TEST_F(SecondFactorTest, TurningItOnEndsOtherSessions) {
  const auto other = accounts_.Login({"ada@example.com", kPassword}, kNever);
  TurnOn();
  EXPECT_EQ(ReasonOf(sessions_.Refresh(other->refresh_token, kNever)), "session_ended");
}

TEST_F(SecondFactorTest, IsRemovedWithPasswordAndCode) {
  TurnOn();
  EXPECT_EQ(second_factors_.Start(person_, kPassword, kNever).error().reason, "second_factor_on");
  EXPECT_EQ(second_factors_.Remove(person_, "wrong", Now(), kNever).error().reason,
            "password_wrong");
  EXPECT_EQ(second_factors_.Remove(person_, kPassword, "", kNever).error().reason,
            "one_time_code_wrong");
  EXPECT_EQ(second_factors_.Remove(person_, kPassword, "000000", kNever).error().field, "code");
  ASSERT_TRUE(second_factors_.Remove(person_, kPassword, Now(), kNever).ok());
  EXPECT_EQ(Login(""), "ok");
  EXPECT_EQ(second_factors_.Remove(person_, kPassword, Now(), kNever).error().reason,
            "second_factor_unknown");
}

TEST_F(SecondFactorTest, AnAdministratorRemovesALostOneAndItsSessionsEnd) {
  TurnOn();
  const auto session = accounts_.Login({"ada@example.com", kPassword, Now()}, kNever);
  ASSERT_TRUE(session.ok());
  ASSERT_TRUE(second_factors_.RemoveFor(person_.user_id, kNever).ok());
  EXPECT_EQ(ReasonOf(sessions_.Refresh(session->refresh_token, kNever)), "session_ended");
  EXPECT_EQ(Login(""), "ok");
  EXPECT_EQ(second_factors_.RemoveFor(person_.user_id, kNever).error().reason,
            "second_factor_unknown");
}

TEST_F(AppTest, LoginIsCountedByOutcome) {
  SignUp();
  EXPECT_TRUE(accounts_.Login({"ADA@example.com", kPassword}, kNever).ok());
  EXPECT_FALSE(accounts_.Login({"ada@example.com", "wrong"}, kNever).ok());
  hasher_.failure = Error::ResourceExhausted("too_many_sign_ins", "later");
  EXPECT_EQ(ReasonOf(accounts_.Login({"ada@example.com", kPassword}, kNever)), "too_many_sign_ins");
  EXPECT_EQ(ReasonOf(accounts_.Login({"bob@example.com", kPassword}, kNever)), "too_many_sign_ins");
  const std::string text = registry_.Text();
  EXPECT_NE(text.find("marquee_auth_logins_total{outcome=\"succeeded\"} 1"), text.npos) << text;
  EXPECT_NE(text.find("marquee_auth_logins_total{outcome=\"refused\"} 1"), text.npos);
  EXPECT_NE(text.find("marquee_auth_logins_total{outcome=\"failed\"} 2"), text.npos);
}

TEST_F(AppTest, RefreshRotatesAndKeepsTheSession) {
  const auto first = SignUp();
  clock_.Advance(minutes{10});
  const auto second = sessions_.Refresh(first.refresh_token, kNever);
  ASSERT_TRUE(second.ok());
  EXPECT_NE(second->refresh_token, first.refresh_token);
  EXPECT_EQ(ClaimsOf(second->access_token).session_id, ClaimsOf(first.access_token).session_id);
  EXPECT_NE(ClaimsOf(second->access_token).token_id, ClaimsOf(first.access_token).token_id);
}

TEST_F(AppTest, ARefreshWhoseAnswerWasLostIsRepeated) {
  const auto first = SignUp();
  const auto second = sessions_.Refresh(first.refresh_token, kNever);
  clock_.Advance(std::chrono::seconds{1});
  const auto again = sessions_.Refresh(first.refresh_token, kNever);
  ASSERT_TRUE(again.ok()) << again.error().ToString();
  EXPECT_EQ(again->refresh_token, second->refresh_token) << "the same successor";
  EXPECT_EQ(ClaimsOf(again->access_token).session_id, ClaimsOf(first.access_token).session_id);
  EXPECT_TRUE(sessions_.Refresh(again->refresh_token, kNever).ok());
  EXPECT_NE(registry_.Text().find("marquee_auth_refreshes_total{outcome=\"repeated\"} 1"),
            std::string::npos);
}

TEST_F(AppTest, ASpentRefreshTokenEndsTheSession) {
  const auto first = SignUp();
  const auto second = sessions_.Refresh(first.refresh_token, kNever);
  clock_.Advance(kRefreshGrace);
  EXPECT_EQ(ReasonOf(sessions_.Refresh(first.refresh_token, kNever)), "refresh_token_reused");
  EXPECT_EQ(ReasonOf(sessions_.Refresh(second->refresh_token, kNever)), "session_ended");
}

TEST_F(AppTest, ASpentRefreshTokenEndsTheSessionAtOnceWhenItsSuccessorIsInUse) {
  const auto first = SignUp();
  const auto second = sessions_.Refresh(first.refresh_token, kNever);
  const auto third = sessions_.Refresh(second->refresh_token, kNever);
  ASSERT_TRUE(third.ok());
  EXPECT_EQ(ReasonOf(sessions_.Refresh(first.refresh_token, kNever)), "refresh_token_reused");
  EXPECT_EQ(ReasonOf(sessions_.Refresh(third->refresh_token, kNever)), "session_ended");
}

TEST_F(AppTest, ARefreshTokenLastsThirtyDaysFromTheLastRefresh) {
  auto signed_in = SignUp();
  clock_.Advance(hours{24 * 29});
  signed_in = *sessions_.Refresh(signed_in.refresh_token, kNever);
  clock_.Advance(hours{24 * 29});
  signed_in = *sessions_.Refresh(signed_in.refresh_token, kNever);
  clock_.Advance(hours{24 * 30});
  EXPECT_EQ(ReasonOf(sessions_.Refresh(signed_in.refresh_token, kNever)), "refresh_token_expired");
}

TEST_F(AppTest, RefreshRefusesWhatWasNeverIssued) {
  for (const std::string& text : {std::string("x"), std::string(43, '!'), NewOpaqueToken()}) {
    EXPECT_EQ(ReasonOf(sessions_.Refresh(text, kNever)), "refresh_token_invalid");
  }
}

TEST_F(AppTest, RefreshBringsNewRoles) {
  const auto signed_in = SignUp();
  const std::vector<std::string> roles = {"user", "curator"};
  ASSERT_TRUE(administration_.SetRoles(signed_in.account.user_id, roles, kNever).ok());
  const auto next = sessions_.Refresh(signed_in.refresh_token, kNever);
  EXPECT_EQ(ClaimsOf(next->access_token).roles, roles);
}

TEST_F(AppTest, SessionsAreListedInPagesWithWhereTheyWereRefreshed) {
  CallContext call = kNever;
  call.client_address = "2001:db8:1:2:3::4";
  call.user_agent = "  a browser\t\x01\xff of " + std::string(300, 'x');
  SignUp();
  const auto there = *accounts_.Login({"ada@example.com", kPassword}, call);
  clock_.Advance(minutes{5});
  const auto third = *accounts_.Login({"ada@example.com", kPassword}, kNever);
  const auto id = there.account.user_id;
  const auto first = sessions_.List(id, "", 1, kNever);
  ASSERT_EQ(first->sessions.size(), 1U);
  EXPECT_TRUE(first->more);
  EXPECT_EQ(first->sessions[0].session.session_id, ClaimsOf(third.access_token).session_id);
  EXPECT_EQ(first->sessions[0].client, Client{}) << "it isn't known";
  const auto rest = sessions_.List(id, first->sessions[0].session.session_id, 0, kNever);
  ASSERT_EQ(rest->sessions.size(), 2U);
  EXPECT_FALSE(rest->more);
  const auto& view =
      rest->sessions[0].client.network.empty() ? rest->sessions[1] : rest->sessions[0];
  EXPECT_EQ(view.session.session_id, ClaimsOf(there.access_token).session_id);
  EXPECT_EQ(view.client.network, NetworkOf("2001:db8:1:2::"));
  EXPECT_EQ(view.client.user_agent, "a browser of " + std::string(kMostUserAgent - 18, 'x'));
  EXPECT_EQ(view.refreshed_at, clock_.Now() - minutes{5});
  ASSERT_TRUE(sessions_.Refresh(there.refresh_token, kNever).ok());
  EXPECT_TRUE(sessions_.EndAll(id, view.session.session_id, kNever).ok());
  const auto left = sessions_.List(id, "", 0, kNever);
  ASSERT_EQ(left->sessions.size(), 1U);
  EXPECT_EQ(left->sessions[0].session.session_id, view.session.session_id);
  EXPECT_EQ(left->sessions[0].refreshed_at, clock_.Now());
  EXPECT_EQ(ReasonOf(sessions_.Refresh(third.refresh_token, kNever)), "session_ended");
}

TEST_F(AppTest, ADisabledAccountIsRefusedToWhoKnowsItsPassword) {
  const auto root =
      *administration_.BootstrapAdministrator({kSecret, "root@example.com", kPassword}, kNever);
  const auto ada = SignUp();
  CallContext as_root = kNever;
  as_root.caller.user_id = root.account.user_id;
  EXPECT_EQ(administration_.SetDisabled(root.account.user_id, true, as_root).error().reason,
            "own_account");
  EXPECT_EQ(administration_.SetDisabled(4711, true, as_root).error().reason, "account_unknown");
  ASSERT_TRUE(administration_.SetDisabled(ada.account.user_id, true, as_root)->disabled);
  hasher_.work = 0;
  EXPECT_EQ(ReasonOf(accounts_.Login({"ada@example.com", kPassword}, kNever)), "account_disabled");
  EXPECT_EQ(ReasonOf(accounts_.Login({"ada@example.com", "wrong"}, kNever)), "credentials_wrong");
  EXPECT_EQ(hasher_.work, 2) << "as much work as for any";
  EXPECT_EQ(ReasonOf(sessions_.Refresh(ada.refresh_token, kNever)), "account_disabled");
  EXPECT_NE(registry_.Text().find("marquee_auth_refreshes_total{outcome=\"disabled\"} 1"),
            std::string::npos);
  ASSERT_FALSE(administration_.SetDisabled(ada.account.user_id, false, as_root)->disabled);
  EXPECT_EQ(ReasonOf(sessions_.Refresh(ada.refresh_token, kNever)), "session_ended");
  EXPECT_TRUE(accounts_.Login({"ada@example.com", kPassword}, kNever).ok());
}

TEST_F(AppTest, LogoutEndsTheSessionAndRepeats) {
  const auto signed_in = SignUp();
  EXPECT_TRUE(sessions_.End(signed_in.refresh_token, kNever).ok());
  EXPECT_TRUE(sessions_.End(signed_in.refresh_token, kNever).ok());
  EXPECT_TRUE(sessions_.End("never issued", kNever).ok());
  EXPECT_EQ(ReasonOf(sessions_.Refresh(signed_in.refresh_token, kNever)), "session_ended");
}

TEST_F(AppTest, APasswordChangeEndsAllOtherSessions) {
  const auto here = SignUp();
  const auto there = *accounts_.Login({"ada@example.com", kPassword}, kNever);
  const Person person = PersonOf(here, ClaimsOf(here.access_token).session_id);
  const auto changed = accounts_.Update(
      person, {.current_password = kPassword, .new_password = "another fine phrase"}, kNever);
  ASSERT_TRUE(changed.ok());
  EXPECT_TRUE(sessions_.Refresh(here.refresh_token, kNever).ok());
  EXPECT_EQ(ReasonOf(sessions_.Refresh(there.refresh_token, kNever)), "session_ended");
  EXPECT_EQ(ReasonOf(accounts_.Login({"ada@example.com", kPassword}, kNever)), "credentials_wrong");
  EXPECT_TRUE(accounts_.Login({"ada@example.com", "another fine phrase"}, kNever).ok());
}

TEST_F(AppTest, APasswordChangeNeedsTheCurrentOne) {
  const Person person = PersonOf(SignUp());
  const auto field = [&](const AccountUpdate& update) {
    const auto changed = accounts_.Update(person, update, kNever);
    return changed.ok() ? "ok" : changed.error().reason + " " + changed.error().field;
  };
  EXPECT_EQ(field({.new_password = "another fine phrase"}), "missing_field current_password");
  EXPECT_EQ(field({.current_password = kPassword}), "missing_field new_password");
  EXPECT_EQ(field({.current_password = "wrong", .new_password = "another fine phrase"}),
            "password_wrong current_password");
  EXPECT_EQ(field({.current_password = kPassword, .new_password = "ada@example.com"}),
            "password_contains_email new_password");
  EXPECT_TRUE(accounts_.Login({"ada@example.com", kPassword}, kNever).ok());
}

TEST_F(AppTest, ANameChangeChangesNothingElse) {
  const auto signed_in = SignUp();
  const auto changed = accounts_.Update(PersonOf(signed_in), {.display_name = " Ada L. "}, kNever);
  ASSERT_TRUE(changed.ok());
  EXPECT_EQ(changed->display_name, "Ada L.");
  EXPECT_TRUE(sessions_.Refresh(signed_in.refresh_token, kNever).ok());
}

TEST_F(AppTest, ADeletedAccountIsGone) {
  const auto signed_in = SignUp();
  const Person person = PersonOf(signed_in);
  EXPECT_TRUE(accounts_.Delete(person, kNever).ok());
  EXPECT_TRUE(accounts_.Delete(person, kNever).ok());
  EXPECT_EQ(accounts_.Get(person, kNever).error().reason, "account_gone");
  EXPECT_EQ(accounts_.Update(person, {}, kNever).error().code, Code::kUnauthenticated);
  EXPECT_EQ(ReasonOf(sessions_.Refresh(signed_in.refresh_token, kNever)), "refresh_token_invalid");
  EXPECT_EQ(ReasonOf(accounts_.Login({"ada@example.com", kPassword}, kNever)), "credentials_wrong");
}

TEST_F(AppTest, ListsInPages) {
  for (int i = 0; i < 5; ++i) SignUp("user" + std::to_string(i) + "@example.com");
  const auto first = administration_.List(0, 2, kNever);
  ASSERT_EQ(first->accounts.size(), 2U);
  const auto second = administration_.List(first->next, 3, kNever);
  ASSERT_EQ(second->accounts.size(), 3U);
  EXPECT_EQ(second->accounts[0].user_id, kFirstUserId + 2);
  EXPECT_EQ(second->next, 0);
}

TEST_F(AppTest, BootstrapMakesTheFirstAdministratorOnce) {
  const auto made =
      administration_.BootstrapAdministrator({kSecret, "root@example.com", kPassword}, kNever);
  ASSERT_TRUE(made.ok());
  EXPECT_TRUE(made->account.IsAdministrator());
  EXPECT_EQ(ReasonOf(administration_.BootstrapAdministrator(
                {kSecret, "other@example.com", kPassword}, kNever)),
            "already_bootstrapped");
}

TEST_F(AppTest, BootstrapPromotesAnAccountByItsPassword) {
  const auto ada = SignUp();
  EXPECT_EQ(ReasonOf(administration_.BootstrapAdministrator(
                {kSecret, "ada@example.com", "not her password"}, kNever)),
            "credentials_wrong");
  const auto made =
      administration_.BootstrapAdministrator({kSecret, "Ada@example.com", kPassword}, kNever);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->account.user_id, ada.account.user_id);
  EXPECT_EQ(ClaimsOf(made->access_token).roles,
            (std::vector<std::string>{"user", "administrator"}));
}

TEST_F(AppTest, BootstrapNeedsTheSecret) {
  for (const std::string& secret :
       {std::string(), std::string("wrong"), kSecret + std::string("x")}) {
    EXPECT_EQ(ReasonOf(administration_.BootstrapAdministrator(
                  {secret, "root@example.com", kPassword}, kNever)),
              "bootstrap_secret_wrong");
  }
  Administration disabled(store_, hasher_, sessions_, clock_, "");
  EXPECT_EQ(ReasonOf(disabled.BootstrapAdministrator({"", "root@example.com", kPassword}, kNever)),
            "bootstrap_disabled");
  EXPECT_FALSE(*store_.HasAdministrator(kNever));
}

TEST_F(AppTest, AnOutageIsNotARefusal) {
  const auto signed_in = SignUp();
  store_.Fail(Error::Unavailable("database_unavailable", "down"));
  EXPECT_EQ(ReasonOf(accounts_.Login({"ada@example.com", kPassword}, kNever)),
            "database_unavailable");
  EXPECT_EQ(ReasonOf(sessions_.Refresh(signed_in.refresh_token, kNever)), "database_unavailable");
  EXPECT_EQ(accounts_.Get(PersonOf(signed_in), kNever).error().code, Code::kUnavailable);
  store_.Fail(std::nullopt);
  EXPECT_TRUE(sessions_.Refresh(signed_in.refresh_token, kNever).ok());
}

TEST_F(AppTest, WithoutKeysNothingIsSpent) {
  const auto signed_in = SignUp();
  KeyRing empty(store_, sealer_, clock_, {});
  Sessions sessions(store_, empty, clock_, metrics_, "key");
  EXPECT_EQ(ReasonOf(sessions.Refresh(signed_in.refresh_token, kNever)),
            "signing_keys_unavailable");
  EXPECT_TRUE(sessions_.Refresh(signed_in.refresh_token, kNever).ok());
}

TEST_F(AppTest, ReplicasShareTheKeys) {
  KeyRing other(store_, sealer_, clock_, {});
  EXPECT_EQ(other.PublicKeys().error().code, Code::kUnavailable);
  ASSERT_TRUE(other.Refresh(kNever).ok());
  const auto jwt = SignUp().access_token;
  EXPECT_TRUE(token::Verify(jwt, *other.PublicKeys(), {}, clock_.Now()).ok());
}

// A store that lists whatever keys it is given.
class ListedKeys final : public KeyRepository {
 public:
  Result<std::vector<SealedKey>> ListActive(Time, const CallContext&) override { return keys; }
  Result<std::vector<SealedKey>> Rotate(const SealedKey& key, Time, Time,
                                        const CallContext& call) override {
    return AddFirst(key, call);
  }
  Result<std::vector<SealedKey>> AddFirst(const SealedKey& key, const CallContext&) override {
    keys.push_back(key);
    return keys;
  }
  std::vector<SealedKey> keys;
};

TEST_F(AppTest, ANewKeyIsPublishedBeforeItSigns) {
  ListedKeys listed;
  KeyRing ring(listed, sealer_, clock_, {});
  ASSERT_TRUE(ring.Refresh(kNever).ok());
  const auto old = ring.PublicKeys()->front();
  clock_.Advance(hours{1});
  const auto fresh = token::SigningKey::Generate();
  listed.keys.push_back({fresh.public_key().kid, sealer_.Seal(fresh.ToPem()), clock_.Now()});
  ASSERT_TRUE(ring.Refresh(kNever).ok());
  EXPECT_EQ(ring.PublicKeys()->size(), 2U);

  const auto signed_with = [&](const token::PublicKey& key) {
    token::Claims claims{.subject = "7",
                         .user_id = 7,
                         .roles = {},
                         .session_id = {},
                         .token_id = {},
                         .issued_at = clock_.Now(),
                         .expires_at = clock_.Now() + minutes{1}};
    return token::Verify(*ring.Sign(claims), {key}, {}, clock_.Now()).ok();
  };
  EXPECT_TRUE(signed_with(old));
  clock_.Advance(minutes{3});
  EXPECT_TRUE(signed_with(fresh.public_key()));
}

TEST_F(AppTest, ARotationSignsNobodyOut) {
  const auto signed_in = SignUp();
  const auto before = keys_.States();
  clock_.Advance(hours{1});
  auto token = sessions_.Refresh(signed_in.refresh_token, kNever)->access_token;
  const auto rotated = keys_.Rotate(kNever);
  ASSERT_TRUE(rotated.ok()) << rotated.error().ToString();
  ASSERT_EQ(rotated->size(), 2U);
  EXPECT_EQ((*rotated)[0].kid, (*before)[0].kid);
  EXPECT_TRUE((*rotated)[0].signs && (*rotated)[0].retires_at);
  EXPECT_FALSE((*rotated)[1].signs || (*rotated)[1].retires_at);
  EXPECT_EQ(keys_.Rotate(kNever).error().reason, "rotation_under_way");
  // From minute to minute each token is believed until its end, whichever key signed it.
  auto refresh_token = signed_in.refresh_token;
  KeyRing other(store_, sealer_, clock_, {});
  for (int minute = 0; minute < 60; ++minute) {
    clock_.Advance(minutes{1});
    ASSERT_TRUE(keys_.Refresh(kNever).ok());
    ASSERT_TRUE(other.Refresh(kNever).ok());
    const auto next = sessions_.Refresh(
        accounts_.Login({"ada@example.com", kPassword}, kNever)->refresh_token, kNever);
    EXPECT_TRUE(token::Verify(next->access_token, *other.PublicKeys(), {}, clock_.Now()).ok());
    if (minute % 14 == 0) token = next->access_token;
    EXPECT_TRUE(token::Verify(token, *other.PublicKeys(), {}, clock_.Now()).ok()) << minute;
  }
  const auto after = keys_.States();
  ASSERT_EQ(after->size(), 1U) << "the old one has gone";
  EXPECT_EQ((*after)[0].kid, (*rotated)[1].kid);
  EXPECT_TRUE((*after)[0].signs);
  EXPECT_TRUE(keys_.Rotate(kNever).ok()) << "and the next may follow";
}

TEST_F(AppTest, AKeyThatCantBeOpenedKeepsTheOldOnes) {
  ListedKeys listed;
  KeyRing ring(listed, sealer_, clock_, {});
  ASSERT_TRUE(ring.Refresh(kNever).ok());
  listed.keys.push_back({"another", "garbage", clock_.Now()});
  EXPECT_EQ(ring.Refresh(kNever).error().reason, "seal_broken");
  EXPECT_EQ(ring.PublicKeys()->size(), 1U);
  listed.keys.back() = {"another", listed.keys.front().sealed, clock_.Now()};
  EXPECT_EQ(ring.Refresh(kNever).error().reason, "seal_broken");  // the kid isn't this key's
}

TEST_F(AppTest, ServicesGetTokensBySecret) {
  const auto secrets = ParseServiceSecrets(
      "# ours\n\ntrainer:0123456789abcdef\r\ntrainer:fedcba9876543210\nreviews:aaaabbbbccccdddd");
  ASSERT_TRUE(secrets.ok());
  const ServiceTokens tokens(*secrets, keys_, clock_);
  for (const char* secret : {"0123456789abcdef", "fedcba9876543210"}) {
    const auto token = tokens.Issue("trainer", secret);
    ASSERT_TRUE(token.ok());
    const auto claims = ClaimsOf(token->access_token);
    EXPECT_EQ(claims.subject, "service:trainer");
    EXPECT_EQ(claims.roles, (std::vector<std::string>{"service"}));
    EXPECT_EQ(token->expires_in, minutes{15});
  }
  const auto wrong = tokens.Issue("trainer", "aaaabbbbccccdddd");
  const auto unknown = tokens.Issue("nobody", "aaaabbbbccccdddd");
  ASSERT_FALSE(wrong.ok());
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(wrong.error(), unknown.error());
}

TEST(ServiceSecrets, NameTheBadLineAndNotItsSecret) {
  for (const char* text : {"ok:0123456789abcdef\ntrainer", "ok:0123456789abcdef\ntrainer:hunter2",
                           "ok:0123456789abcdef\n:0123456789abcdef",
                           "ok:0123456789abcdef\nTrainer:0123456789abcdef"}) {
    const auto secrets = ParseServiceSecrets(text);
    ASSERT_FALSE(secrets.ok()) << text;
    EXPECT_NE(secrets.error().message.find("line 2"), std::string::npos);
    EXPECT_EQ(secrets.error().message.find("hunter2"), std::string::npos);
  }
}

}  // namespace
}  // namespace marquee::auth
