// What every store of OAuth clients, and of what they were let do, must do; see
// testing/store_contract.h. A fixture gives `accounts()`, `sessions()`, `clients()` and `oauth()` on
// an empty store.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "auth/domain/oauth_repository.h"
#include "auth/domain/ports.h"

namespace marquee::auth {

template <typename Fixture>
class OAuthContract : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* missing = Fixture::Missing()) GTEST_SKIP() << "needs " << missing;
    fixture_.emplace();
    ada_ = AddAccount("ada@example.com");
    bob_ = AddAccount("bob@example.com");
  }
  const Time now_{std::chrono::microseconds{1'700'000'000'123'456}};
  const Time later_ = now_ + std::chrono::hours{1};

  AccountRepository& accounts() { return fixture_->accounts(); }
  SessionRepository& sessions() { return fixture_->sessions(); }
  OAuthClientRepository& clients() { return fixture_->clients(); }
  OAuthRepository& oauth() { return fixture_->oauth(); }
  static CallContext Soon() { return CallContext(SystemClock().Now() + std::chrono::seconds{30}); }
  static std::string Hash(char c) { return std::string(32, c); }
  static std::string SessionId(int n) {
    return "018c2b5e-7d1a-7c3e-9f00-00000000000" + std::to_string(n);
  }

  std::int64_t AddAccount(const char* email) {
    const auto made =
        accounts().Create({*Email::Make(email), "$argon2id$x", "", {Role::kUser}, now_}, Soon());
    EXPECT_TRUE(made.ok()) << made.error().ToString();
    return made.ok() ? made->user_id : 0;
  }
  void StartSession(int n, std::int64_t user_id) {
    const auto started =
        sessions().Start({SessionId(n), user_id, now_, later_}, {}, Hash('0' + n), Soon());
    EXPECT_TRUE(started.ok()) << started.error().ToString();
  }
  OAuthClient Client(const std::string& id, std::optional<std::int64_t> owner = {}) const {
    OAuthClient client;
    client.id = id;
    client.owner = owner;
    client.name = "name of " + id;
    client.secret_hash = Hash('s');
    client.redirect_uris = {"https://club.example/cb"};
    client.scopes = {"openid", "read"};
    client.grant_types = {GrantType::kAuthorizationCode, GrantType::kDeviceCode};
    client.created_at = now_;
    return client;
  }
  OAuthClient AddClient(const std::string& id, std::optional<std::int64_t> owner = {}) {
    auto added = clients().Add(Client(id, owner), 100, Soon());
    EXPECT_TRUE(added.ok()) << added.error().ToString();
    return *std::move(added);
  }
  AuthorizationCode Code(int session) const {
    return {.client_id = "app",
            .user_id = ada_,
            .session_id = SessionId(session),
            .redirect_uri = "https://club.example/cb",
            .scopes = {"openid", "read"},
            .nonce = "n",
            .challenge = "c",
            .authenticated_at = now_,
            .expires_at = now_ + kCodeLifetime};
  }
  NewGrant Begin(int n, char refresh, std::int64_t user_id = 0) const {
    return {{SessionId(n), user_id, now_, later_}, {"192.0.2.7", "app"}, Hash(refresh)};
  }
  CodeVerdict Redeem(char code, const NewGrant& grant, Time when) {
    const auto verdict = oauth().RedeemCode(Hash(code), grant, when, Soon());
    EXPECT_TRUE(verdict.ok()) << verdict.error().ToString();
    return verdict.ok() ? *verdict : CodeVerdict::kUnknown;
  }
  DeviceVerdict Poll(NewGrant grant, int second, const char* client = "app") {
    const auto begin = [&](const DeviceRequest& device) {
      grant.session.user_id = device.user_id;
      return grant;
    };
    const auto polled =
        oauth().PollDevice(Hash('d'), client, begin, now_ + std::chrono::seconds{second}, Soon());
    EXPECT_TRUE(polled.ok()) << polled.error().ToString();
    return polled.ok() ? polled->verdict : DeviceVerdict::kUnknown;
  }
  void AddDevice() {
    const auto added = oauth().AddDevice(
        Hash('d'), Hash('u'),
        {.client_id = "app", .scopes = {"read"}, .expires_at = now_ + kDeviceLifetime}, 2, now_,
        Soon());
    EXPECT_TRUE(added.ok()) << added.error().ToString();
  }
  std::string EndReason(int session, std::int64_t user_id) {
    const auto holder = sessions().FindHolder(SessionId(session), user_id, now_, Soon());
    return holder.ok() ? "" : holder.error().reason;
  }

  std::int64_t ada_ = 0;
  std::int64_t bob_ = 0;

 private:
  std::optional<Fixture> fixture_;
};

TYPED_TEST_SUITE_P(OAuthContract);

TYPED_TEST_P(OAuthContract, KeepsAClientAsItWasRegistered) {
  OAuthClient client = this->Client("app", this->ada_);
  client.name = R"(quo"te\ {x,NULL} 'é')";
  const auto added = this->clients().Add(client, 100, this->Soon());
  ASSERT_TRUE(added.ok()) << added.error().ToString();
  EXPECT_GT(added->number, 0);
  client.number = added->number;
  EXPECT_EQ(*added, client);
  EXPECT_EQ(*this->clients().Find("app", this->Soon()), client);
  client.name = "other";
  client.secret_hash = this->Hash('t');
  client.redirect_uris = {};
  client.scopes = {"read"};
  client.grant_types = {GrantType::kRefreshToken};
  ASSERT_TRUE(this->clients().Change(client, this->Soon()).ok());
  EXPECT_EQ(*this->clients().Find("app", this->Soon()), client);
  client.id = "nope";
  EXPECT_EQ(this->clients().Change(client, this->Soon()).error().reason, "oauth_client_unknown");
}

TYPED_TEST_P(OAuthContract, ListsClientsInTheOrderTheyCame) {
  for (const char* id : {"c", "a", "b"}) this->AddClient(id);
  const auto all = this->clients().List(0, 10, this->Soon());
  ASSERT_EQ(all->size(), 3U);
  EXPECT_EQ((*all)[0].id + (*all)[1].id + (*all)[2].id, "cab");
  EXPECT_EQ(this->clients().List((*all)[0].number, 1, this->Soon())->front().id, "a");
}

TYPED_TEST_P(OAuthContract, TakesNoMoreClientsThanAnAccountMayHave) {
  this->AddClient("a", this->ada_);
  EXPECT_EQ(this->clients().Add(this->Client("b", this->ada_), 1, this->Soon()).error().reason,
            "oauth_clients_too_many");
  EXPECT_TRUE(this->clients().Add(this->Client("b", this->bob_), 1, this->Soon()).ok());
  EXPECT_EQ(this->clients().Add(this->Client("c", 7), 1, this->Soon()).error().reason,
            "account_unknown");
}

TYPED_TEST_P(OAuthContract, KnowsABrowserForAsLongAsItsSession) {
  this->StartSession(1, this->ada_);
  ASSERT_TRUE(
      this->oauth()
          .AddBrowser(this->Hash('b'), this->SessionId(1), this->now_, this->later_, this->Soon())
          .ok());
  const auto browser = this->oauth().FindBrowser(this->Hash('b'), this->now_, this->Soon());
  ASSERT_TRUE(browser.ok()) << browser.error().ToString();
  EXPECT_EQ(browser->account.user_id, this->ada_);
  EXPECT_EQ(browser->session_id, this->SessionId(1));
  EXPECT_EQ(browser->authenticated_at, this->now_);
  const auto unknown = [&](char hash, Time when) {
    const auto found = this->oauth().FindBrowser(this->Hash(hash), when, this->Soon());
    return !found.ok() && found.error().reason == "browser_unknown";
  };
  EXPECT_TRUE(unknown('x', this->now_));
  EXPECT_TRUE(unknown('b', this->later_));
  ASSERT_TRUE(
      this->sessions().EndOne(this->ada_, this->SessionId(1), this->now_, this->Soon()).ok());
  EXPECT_TRUE(unknown('b', this->now_));
}

TYPED_TEST_P(OAuthContract, KnowsNoBrowserOfADisabledAccount) {
  this->StartSession(1, this->ada_);
  ASSERT_TRUE(
      this->oauth()
          .AddBrowser(this->Hash('b'), this->SessionId(1), this->now_, this->later_, this->Soon())
          .ok());
  ASSERT_TRUE(this->accounts().SetDisabled(this->ada_, true, this->now_, this->Soon()).ok());
  EXPECT_FALSE(this->oauth().FindBrowser(this->Hash('b'), this->now_, this->Soon()).ok());
}

TYPED_TEST_P(OAuthContract, AddsUpWhatWasAllowed) {
  this->AddClient("app");
  EXPECT_EQ(*this->oauth().Consented(this->ada_, "app", this->Soon()), ScopeList{});
  ASSERT_TRUE(this->oauth().AddConsent(this->ada_, "app", {"read"}, this->Soon()).ok());
  ASSERT_TRUE(this->oauth().AddConsent(this->ada_, "app", {"openid", "read"}, this->Soon()).ok());
  const auto had = *this->oauth().Consented(this->ada_, "app", this->Soon());
  EXPECT_EQ(had.size(), 2U);
  EXPECT_TRUE(IsWithin({"openid", "read"}, had));
  EXPECT_EQ(*this->oauth().Consented(this->bob_, "app", this->Soon()), ScopeList{});
  this->AddClient("other");
  ASSERT_TRUE(this->oauth().AddConsent(this->ada_, "other", {"read"}, this->Soon()).ok());
  const auto all = *this->oauth().ConsentsOf(this->ada_, this->Soon());
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].client_id, "app");
  EXPECT_EQ(all[0].client_name, this->clients().Find("app", this->Soon())->name);
  EXPECT_EQ(all[0].scopes.size(), 2U);
  EXPECT_EQ(all[1].scopes, ScopeList{"read"});
  EXPECT_TRUE(this->oauth().ConsentsOf(this->bob_, this->Soon())->empty());
}

TYPED_TEST_P(OAuthContract, RedeemsACodeOnce) {
  this->AddClient("app");
  this->StartSession(1, this->ada_);
  ASSERT_TRUE(this->oauth().AddCode(this->Hash('c'), this->Code(1), this->Soon()).ok());
  EXPECT_EQ(*this->oauth().FindCode(this->Hash('c'), this->Soon()), this->Code(1));
  EXPECT_EQ(this->oauth().FindCode(this->Hash('x'), this->Soon()).error().reason, "code_unknown");
  EXPECT_EQ(this->Redeem('x', this->Begin(2, 'r', this->ada_), this->now_), CodeVerdict::kUnknown);
  EXPECT_EQ(this->Redeem('c', this->Begin(2, 'r', this->ada_), this->now_), CodeVerdict::kRedeem);
  EXPECT_EQ(this->oauth().FindCode(this->Hash('c'), this->Soon())->grant_id, this->SessionId(2));
  EXPECT_EQ(this->EndReason(2, this->ada_), "");
  const Grant expected{this->SessionId(2), this->ada_, "app", {"openid", "read"}, this->now_};
  EXPECT_EQ(*this->oauth().FindGrant(this->SessionId(2), this->Soon()), expected);
  EXPECT_EQ(*this->oauth().FindGrantOf(this->Hash('r'), this->Soon()), expected);
  // Whoever brings it again ends what it gave, however late.
  EXPECT_EQ(this->Redeem('c', this->Begin(3, 'q', this->ada_), this->later_),
            CodeVerdict::kReplayed);
  EXPECT_EQ(this->EndReason(2, this->ada_), "session_ended");
  EXPECT_EQ(this->oauth().FindGrant(this->SessionId(3), this->Soon()).error().reason,
            "grant_unknown");
}

TYPED_TEST_P(OAuthContract, RedeemsACodeForOneOfManyAtOnce) {
  this->AddClient("app");
  this->StartSession(1, this->ada_);
  ASSERT_TRUE(this->oauth().AddCode(this->Hash('c'), this->Code(1), this->Soon()).ok());
  std::atomic<int> redeemed = 0, replayed = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 2; i < 8; ++i) {
      threads.emplace_back([&, i] {
        const auto verdict =
            this->Redeem('c', this->Begin(i, static_cast<char>('a' + i), this->ada_), this->now_);
        if (verdict == CodeVerdict::kRedeem) ++redeemed;
        if (verdict == CodeVerdict::kReplayed) ++replayed;
      });
    }
  }
  EXPECT_EQ(redeemed, 1);
  EXPECT_EQ(replayed, 5);
  const auto code = this->oauth().FindCode(this->Hash('c'), this->Soon());
  EXPECT_EQ(this->sessions()
                .FindHolder(code->grant_id, this->ada_, this->now_, this->Soon())
                .error()
                .reason,
            "session_ended");
}

TYPED_TEST_P(OAuthContract, RedeemsNoCodeThatIsOver) {
  this->AddClient("app");
  this->StartSession(1, this->ada_);
  ASSERT_TRUE(this->oauth().AddCode(this->Hash('c'), this->Code(1), this->Soon()).ok());
  EXPECT_EQ(this->Redeem('c', this->Begin(2, 'r', this->ada_), this->now_ + kCodeLifetime),
            CodeVerdict::kExpired);
  ASSERT_TRUE(
      this->sessions().EndOne(this->ada_, this->SessionId(1), this->now_, this->Soon()).ok());
  EXPECT_EQ(this->Redeem('c', this->Begin(2, 'r', this->ada_), this->now_), CodeVerdict::kEnded);
}

TYPED_TEST_P(OAuthContract, LetsADeviceInOnce) {
  this->AddClient("app");
  this->StartSession(1, this->ada_);
  this->AddDevice();
  const auto found = this->oauth().FindDevice(this->Hash('u'), this->now_, this->Soon());
  ASSERT_TRUE(found.ok()) << found.error().ToString();
  EXPECT_EQ(found->client_id, "app");
  EXPECT_EQ(found->scopes, ScopeList{"read"});
  const NewGrant grant = this->Begin(2, 'r');
  EXPECT_EQ(this->Poll(grant, 0, "other"), DeviceVerdict::kUnknown);
  EXPECT_EQ(this->Poll(grant, 0), DeviceVerdict::kPending);
  EXPECT_EQ(this->Poll(grant, 4), DeviceVerdict::kSlowDown);
  EXPECT_EQ(this->Poll(grant, 13), DeviceVerdict::kSlowDown) << "ten seconds now";
  EXPECT_EQ(this->Poll(grant, 28), DeviceVerdict::kPending);
  Browser browser;
  browser.account.user_id = this->ada_;
  browser.session_id = this->SessionId(1);
  browser.authenticated_at = this->now_;
  ASSERT_TRUE(
      this->oauth().DecideDevice(this->Hash('u'), true, browser, this->now_, this->Soon()).ok());
  EXPECT_EQ(this->oauth()
                .DecideDevice(this->Hash('u'), false, browser, this->now_, this->Soon())
                .error()
                .reason,
            "device_unknown")
      << "nobody decides twice";
  EXPECT_FALSE(this->oauth().FindDevice(this->Hash('u'), this->now_, this->Soon()).ok());
  EXPECT_EQ(this->Poll(grant, 60), DeviceVerdict::kRedeem);
  EXPECT_EQ(*this->oauth().FindGrantOf(this->Hash('r'), this->Soon()),
            (Grant{this->SessionId(2), this->ada_, "app", {"read"}, this->now_}));
  EXPECT_EQ(this->Poll(this->Begin(3, 'q'), 120), DeviceVerdict::kUnknown);
}

TYPED_TEST_P(OAuthContract, LetsNoDeviceInThatIsOver) {
  this->AddClient("app");
  this->StartSession(1, this->ada_);
  this->AddDevice();
  Browser browser;
  browser.account.user_id = this->ada_;
  browser.session_id = this->SessionId(1);
  browser.authenticated_at = this->now_;
  const Time expired = this->now_ + kDeviceLifetime;
  EXPECT_FALSE(this->oauth().FindDevice(this->Hash('u'), expired, this->Soon()).ok());
  EXPECT_FALSE(
      this->oauth().DecideDevice(this->Hash('u'), true, browser, expired, this->Soon()).ok());
  EXPECT_EQ(this->Poll(this->Begin(2, 'r'), 600), DeviceVerdict::kExpired);
  ASSERT_TRUE(
      this->oauth().DecideDevice(this->Hash('u'), true, browser, this->now_, this->Soon()).ok());
  ASSERT_TRUE(
      this->sessions().EndOne(this->ada_, this->SessionId(1), this->now_, this->Soon()).ok());
  EXPECT_EQ(this->Poll(this->Begin(2, 'r'), 30), DeviceVerdict::kDenied)
      << "the browser's session had ended";
}

TYPED_TEST_P(OAuthContract, BoundsTheDevicesThatWait) {
  this->AddClient("app");
  this->AddDevice();
  const auto add = [&](char hash, char user_code, Time when) {
    return this->oauth().AddDevice(
        this->Hash(hash), this->Hash(user_code),
        {.client_id = "app", .scopes = {"read"}, .expires_at = when + kDeviceLifetime}, 2, when,
        this->Soon());
  };
  EXPECT_EQ(add('e', 'u', this->now_).error().reason, "user_code_taken");
  EXPECT_TRUE(add('e', 'v', this->now_).ok());
  EXPECT_EQ(add('f', 'w', this->now_).error().reason, "devices_too_many");
  EXPECT_TRUE(add('f', 'w', this->now_ + kDeviceLifetime).ok());
}

TYPED_TEST_P(OAuthContract, EndsWhatARemovedClientHad) {
  this->AddClient("app");
  this->StartSession(1, this->ada_);
  ASSERT_TRUE(this->oauth().AddCode(this->Hash('c'), this->Code(1), this->Soon()).ok());
  ASSERT_EQ(this->Redeem('c', this->Begin(2, 'r', this->ada_), this->now_), CodeVerdict::kRedeem);
  ASSERT_TRUE(this->clients().Remove("app", this->Soon()).ok());
  EXPECT_EQ(this->clients().Remove("app", this->Soon()).error().reason, "oauth_client_unknown");
  EXPECT_EQ(this->EndReason(2, this->ada_), "session_ended");
  EXPECT_EQ(this->EndReason(1, this->ada_), "") << "the browser's own goes on";
  EXPECT_FALSE(this->oauth().FindCode(this->Hash('c'), this->Soon()).ok());
  EXPECT_FALSE(this->oauth().FindGrantOf(this->Hash('r'), this->Soon()).ok());
}

TYPED_TEST_P(OAuthContract, EverythingGoesWithItsAccount) {
  this->AddClient("app", this->bob_);
  this->AddClient("other");
  this->StartSession(1, this->ada_);
  ASSERT_TRUE(this->oauth().AddCode(this->Hash('c'), this->Code(1), this->Soon()).ok());
  ASSERT_TRUE(this->oauth().AddConsent(this->ada_, "other", {"read"}, this->Soon()).ok());
  ASSERT_EQ(this->Redeem('c', this->Begin(2, 'r', this->ada_), this->now_), CodeVerdict::kRedeem);
  // Bob's application, with what Ada let it do.
  ASSERT_TRUE(this->accounts().Delete(this->bob_, this->Soon()).ok());
  EXPECT_EQ(this->clients().Find("app", this->Soon()).error().reason, "oauth_client_unknown");
  EXPECT_EQ(this->EndReason(2, this->ada_), "session_ended");
  ASSERT_TRUE(this->accounts().Delete(this->ada_, this->Soon()).ok());
  EXPECT_EQ(*this->oauth().Consented(this->ada_, "other", this->Soon()), ScopeList{});
  EXPECT_TRUE(this->clients().Find("other", this->Soon()).ok());
}

TYPED_TEST_P(OAuthContract, ForgetsWhatIsOver) {
  this->AddClient("app");
  this->StartSession(1, this->ada_);
  ASSERT_TRUE(this->oauth()
                  .AddBrowser(this->Hash('b'), this->SessionId(1), this->now_,
                              this->now_ + std::chrono::minutes{1}, this->Soon())
                  .ok());
  ASSERT_TRUE(this->oauth().AddCode(this->Hash('c'), this->Code(1), this->Soon()).ok());
  this->AddDevice();
  ASSERT_TRUE(this->oauth().Purge(this->now_, this->now_, this->Soon()).ok());
  EXPECT_EQ(this->EndReason(1, this->ada_), "");
  EXPECT_TRUE(this->oauth().FindCode(this->Hash('c'), this->Soon()).ok());
  ASSERT_TRUE(this->oauth().Purge(this->later_, this->later_, this->Soon()).ok());
  EXPECT_EQ(this->EndReason(1, this->ada_), "session_ended")
      << "its cookie was all there was of it";
  EXPECT_FALSE(this->oauth().FindCode(this->Hash('c'), this->Soon()).ok());
  EXPECT_EQ(this->Poll(this->Begin(2, 'r'), 0), DeviceVerdict::kUnknown);
}

REGISTER_TYPED_TEST_SUITE_P(OAuthContract, KeepsAClientAsItWasRegistered,
                            ListsClientsInTheOrderTheyCame, TakesNoMoreClientsThanAnAccountMayHave,
                            KnowsABrowserForAsLongAsItsSession, KnowsNoBrowserOfADisabledAccount,
                            AddsUpWhatWasAllowed, RedeemsACodeOnce, RedeemsACodeForOneOfManyAtOnce,
                            RedeemsNoCodeThatIsOver, LetsADeviceInOnce, LetsNoDeviceInThatIsOver,
                            BoundsTheDevicesThatWait, EndsWhatARemovedClientHad,
                            EverythingGoesWithItsAccount, ForgetsWhatIsOver);

}  // namespace marquee::auth
