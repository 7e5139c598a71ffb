// What every store of auth must do. A fixture gives `accounts()`, `sessions()` and `keys()` on an
// empty store, and says by Missing() what it lacks to do so, or null:
// INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StoreContract, MemoryFixture);
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <map>
#include <optional>
#include <thread>

#include "auth/domain/ports.h"

namespace marquee::auth {

template <typename Fixture>
class StoreContract : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* missing = Fixture::Missing()) GTEST_SKIP() << "needs " << missing;
    fixture_.emplace();
  }
  static constexpr int kThreads = 8;
  const Time now_{std::chrono::microseconds{1'700'000'000'123'456}};
  const Time later_ = now_ + std::chrono::hours{1};

  AccountRepository& accounts() { return fixture_->accounts(); }
  SessionRepository& sessions() { return fixture_->sessions(); }
  KeyRepository& keys() { return fixture_->keys(); }
  static CallContext Soon() { return CallContext(SystemClock().Now() + std::chrono::seconds{30}); }

  NewAccount New(const std::string& email, Roles roles = {Role::kUser}) {
    return {*Email::Make(email), "$argon2id$" + email, "Name of " + email, std::move(roles), now_};
  }
  Account Add(const std::string& email, Roles roles = {Role::kUser}) {
    auto account = accounts().Create(New(email, std::move(roles)), Soon());
    EXPECT_TRUE(account.ok()) << account.error().ToString();
    return *std::move(account);
  }
  static std::string Hash(char c) { return std::string(32, c); }
  static std::string SessionId(int n) {
    return "00000000-0000-7000-8000-00000000000" + std::to_string(n);
  }
  void Begin(const Account& account, int n, char token) {
    const auto started =
        sessions().Start({SessionId(n), account.user_id, now_, later_}, {}, Hash(token), Soon());
    EXPECT_TRUE(started.ok()) << started.error().ToString();
  }
  RefreshVerdict Rotate(char token, char next, Time now) {
    const auto rotation =
        sessions().Rotate(Hash(token), Hash(next), {}, now, now + std::chrono::hours{1}, Soon());
    EXPECT_TRUE(rotation.ok()) << rotation.error().ToString();
    return rotation.ok() ? rotation->verdict : RefreshVerdict::kUnknown;
  }
  // Runs `work(i)` in kThreads threads at once, each with a connection that is open already.
  template <typename Work>
  void AtOnce(const Work& work) {
    std::latch together(kThreads), start(kThreads);
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        together.arrive_and_wait();
        for (int n = 0; n < 5; ++n) EXPECT_TRUE(accounts().HasAdministrator(Soon()).ok());
        start.arrive_and_wait();
        work(i);
      });
    }
  }

 private:
  std::optional<Fixture> fixture_;
};

TYPED_TEST_SUITE_P(StoreContract);

TYPED_TEST_P(StoreContract, KeepsAnAccountAsItWasGiven) {
  const Account account = this->Add("Ada@example.com", {Role::kUser, Role::kCurator});
  EXPECT_EQ(account.user_id, kFirstUserId);
  EXPECT_EQ(account.email, "Ada@example.com");
  EXPECT_EQ(account.roles, (Roles{Role::kUser, Role::kCurator}));
  EXPECT_EQ(account.created_at, this->now_);
  EXPECT_EQ(*this->accounts().Find(account.user_id, this->Soon()), account);
  const auto credentials = this->accounts().FindCredentials(account.user_id, this->Soon());
  EXPECT_EQ(credentials->account, account);
  EXPECT_EQ(credentials->password_hash, "$argon2id$Ada@example.com");
}

TYPED_TEST_P(StoreContract, KnowsAnAddressInAnyCase) {
  const Account account = this->Add("Ada@example.com");
  const auto found =
      this->accounts().FindCredentials(*Email::Make("aDA@EXAMPLE.com"), this->Soon());
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->account, account);
  const auto twice = this->accounts().Create(this->New("ADA@example.com"), this->Soon());
  ASSERT_FALSE(twice.ok());
  EXPECT_EQ(twice.error().code, Code::kAlreadyExists);
  EXPECT_EQ(twice.error().reason, "email_taken");
  EXPECT_EQ(twice.error().field, "email");
}

TYPED_TEST_P(StoreContract, KeepsTextThatLooksLikeSql) {
  auto account = this->New("o'hara@example.com");
  account.display_name = "'; DROP TABLE accounts; -- \\ \" 😀";
  const auto created = this->accounts().Create(account, this->Soon());
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(this->accounts().Find(created->user_id, this->Soon())->display_name,
            account.display_name);
}

TYPED_TEST_P(StoreContract, SaysWhenThereIsNoAccount) {
  EXPECT_EQ(this->accounts().Find(7, this->Soon()).error().reason, "account_unknown");
  EXPECT_EQ(this->accounts().FindCredentials(7, this->Soon()).error().code, Code::kNotFound);
  EXPECT_EQ(this->accounts().FindCredentials(*Email::Make("a@b.co"), this->Soon()).error().code,
            Code::kNotFound);
  EXPECT_EQ(this->accounts().Change(7, {}, this->Soon()).error().code, Code::kNotFound);
  EXPECT_EQ(this->accounts().Delete(7, this->Soon()).error().code, Code::kNotFound);
  EXPECT_EQ(this->accounts().SetRoles(7, {Role::kUser}, this->Soon()).error().code,
            Code::kNotFound);
  EXPECT_EQ(this->accounts().PromoteFirstAdministrator(7, this->Soon()).error().code,
            Code::kNotFound);
  for (const bool disabled : {true, false})
    EXPECT_EQ(this->accounts().SetDisabled(7, disabled, this->now_, this->Soon()).error().code,
              Code::kNotFound);
  EXPECT_EQ(this->sessions()
                .Start({this->SessionId(1), 7, this->now_, this->later_}, {}, this->Hash('a'),
                       this->Soon())
                .error()
                .reason,
            "account_unknown");
}

TYPED_TEST_P(StoreContract, ChangesOnlyWhatIsSaid) {
  const Account account = this->Add("ada@example.com");
  const auto same = this->accounts().Change(account.user_id, {}, this->Soon());
  EXPECT_EQ(*same, account);
  const auto renamed = this->accounts().Change(account.user_id, {.display_name = ""}, this->Soon());
  EXPECT_EQ(renamed->display_name, "");
  EXPECT_EQ(this->accounts().FindCredentials(account.user_id, this->Soon())->password_hash,
            "$argon2id$ada@example.com");
}

TYPED_TEST_P(StoreContract, EndsOtherSessionsWithANewPassword) {
  const Account ada = this->Add("ada@example.com");
  const Account bob = this->Add("bob@example.com");
  this->Begin(ada, 1, 'a');
  this->Begin(ada, 2, 'b');
  this->Begin(bob, 3, 'c');
  const auto changed = this->accounts().Change(ada.user_id,
                                               {.password_hash = "$argon2id$new",
                                                .kept_session_id = this->SessionId(2),
                                                .changed_at = this->now_},
                                               this->Soon());
  ASSERT_TRUE(changed.ok());
  EXPECT_EQ(this->accounts().FindCredentials(ada.user_id, this->Soon())->password_hash,
            "$argon2id$new");
  EXPECT_EQ(this->Rotate('a', 'x', this->now_), RefreshVerdict::kEnded);
  EXPECT_EQ(this->Rotate('b', 'y', this->now_), RefreshVerdict::kRotate);
  EXPECT_EQ(this->Rotate('c', 'z', this->now_), RefreshVerdict::kRotate);
}

TYPED_TEST_P(StoreContract, HashesTheSamePasswordAnew) {
  const Account account = this->Add("ada@example.com");
  this->Begin(account, 1, 'a');
  const std::string was = "$argon2id$ada@example.com";
  ASSERT_TRUE(this->accounts().Rehash(account.user_id, was, "$argon2id$anew", this->Soon()).ok());
  const auto hash = [&] {
    return this->accounts().FindCredentials(account.user_id, this->Soon())->password_hash;
  };
  EXPECT_EQ(hash(), "$argon2id$anew");
  EXPECT_TRUE(this->accounts().Rehash(account.user_id, was, "$argon2id$late", this->Soon()).ok());
  EXPECT_EQ(hash(), "$argon2id$anew") << "another was set meanwhile";
  EXPECT_EQ(this->Rotate('a', 'b', this->now_), RefreshVerdict::kRotate) << "no session ended";
}

TYPED_TEST_P(StoreContract, KnowsTheNetworksOfAnAccountsSessions) {
  const Account ada = this->Add("Ada@example.com");
  this->Add("bob@example.com");
  const Client home{"192.0.2.7", ""};
  ASSERT_TRUE(this->sessions()
                  .Start({this->SessionId(1), ada.user_id, this->now_, this->later_}, home,
                         this->Hash('a'), this->Soon())
                  .ok());
  this->Begin(ada, 2, 'b');  // from nobody knows where
  const auto knows = [&](const char* email, const char* network) {
    return *this->sessions().KnowsNetwork(*Email::Make(email), network, this->Soon());
  };
  EXPECT_TRUE(knows("ada@EXAMPLE.com", "192.0.2.7"));
  EXPECT_FALSE(knows("ada@example.com", "192.0.2.8"));
  EXPECT_FALSE(knows("ada@example.com", ""));
  EXPECT_FALSE(knows("bob@example.com", "192.0.2.7"));
  EXPECT_FALSE(knows("nobody@example.com", "192.0.2.7"));
  ASSERT_TRUE(this->sessions().EndAll(ada.user_id, "", this->now_, this->Soon()).ok());
  EXPECT_TRUE(knows("ada@example.com", "192.0.2.7")) << "signed out isn't forgotten";
}

TYPED_TEST_P(StoreContract, DeletesAnAccountWithItsSessions) {
  const Account account = this->Add("ada@example.com");
  this->Begin(account, 1, 'a');
  ASSERT_TRUE(this->accounts().Delete(account.user_id, this->Soon()).ok());
  EXPECT_FALSE(this->accounts().Find(account.user_id, this->Soon()).ok());
  EXPECT_EQ(this->Rotate('a', 'b', this->now_), RefreshVerdict::kUnknown);
  EXPECT_NE(this->Add("ada@example.com").user_id, account.user_id);  // ids aren't used again
}

TYPED_TEST_P(StoreContract, ListsByIdAfterAnother) {
  std::vector<Account> all;
  all.reserve(4);
  for (int i = 0; i < 4; ++i) all.push_back(this->Add("u" + std::to_string(i) + "@example.com"));
  EXPECT_EQ(*this->accounts().List(0, 10, this->Soon()), all);
  EXPECT_EQ(*this->accounts().List(all[1].user_id, 1, this->Soon()), std::vector{all[2]});
  EXPECT_TRUE(this->accounts().List(all[3].user_id, 10, this->Soon())->empty());
}

TYPED_TEST_P(StoreContract, ProtectsTheLastAdministrator) {
  const Account ada = this->Add("ada@example.com", {Role::kAdministrator});
  const Account bob = this->Add("bob@example.com");
  const auto reason = [](const auto& result) {
    return result.ok() ? std::string("ok") : result.error().reason;
  };
  EXPECT_EQ(reason(this->accounts().SetRoles(ada.user_id, {Role::kUser}, this->Soon())),
            "last_administrator");
  EXPECT_EQ(reason(this->accounts().Delete(ada.user_id, this->Soon())), "last_administrator");
  EXPECT_EQ(reason(this->accounts().SetRoles(ada.user_id, {Role::kUser, Role::kAdministrator},
                                             this->Soon())),
            "ok");
  EXPECT_EQ(reason(this->accounts().SetRoles(bob.user_id, {Role::kAdministrator}, this->Soon())),
            "ok");
  EXPECT_EQ(reason(this->accounts().Delete(ada.user_id, this->Soon())), "ok");
  EXPECT_EQ(reason(this->accounts().Delete(bob.user_id, this->Soon())), "last_administrator");
  EXPECT_TRUE(*this->accounts().HasAdministrator(this->Soon()));
}

TYPED_TEST_P(StoreContract, KeepsAnAdministratorWhenAllResignAtOnce) {
  std::vector<Account> all;
  all.reserve(this->kThreads);
  for (int i = 0; i < this->kThreads; ++i) {
    all.push_back(this->Add("u" + std::to_string(i) + "@example.com", {Role::kAdministrator}));
  }
  std::atomic<int> resigned = 0, refused = 0;
  this->AtOnce([&](int i) {
    const auto result = this->accounts().SetRoles(all[i].user_id, {Role::kUser}, this->Soon());
    if (result.ok()) ++resigned;
    if (!result.ok() && result.error().reason == "last_administrator") ++refused;
  });
  EXPECT_EQ(resigned, this->kThreads - 1);
  EXPECT_EQ(refused, 1);
}

TYPED_TEST_P(StoreContract, MakesOneFirstAdministrator) {
  EXPECT_FALSE(*this->accounts().HasAdministrator(this->Soon()));
  const Account promoted = this->Add("promoted@example.com");
  std::atomic<int> made = 0, late = 0;
  this->AtOnce([&](int i) {
    const auto result =
        i == 0 ? this->accounts().PromoteFirstAdministrator(promoted.user_id, this->Soon())
               : this->accounts().CreateFirstAdministrator(
                     this->New("u" + std::to_string(i) + "@example.com", {Role::kAdministrator}),
                     this->Soon());
    if (result.ok()) ++made;
    if (!result.ok() && result.error().reason == "already_bootstrapped") ++late;
  });
  EXPECT_EQ(made, 1);
  EXPECT_EQ(late, this->kThreads - 1);
  EXPECT_TRUE(*this->accounts().HasAdministrator(this->Soon()));
}

TYPED_TEST_P(StoreContract, RotatesARefreshToken) {
  const Account account = this->Add("ada@example.com");
  this->Begin(account, 1, 'a');
  const auto rotation = this->sessions().Rotate(this->Hash('a'), this->Hash('b'), {}, this->now_,
                                                this->later_, this->Soon());
  ASSERT_TRUE(rotation.ok());
  EXPECT_EQ(rotation->verdict, RefreshVerdict::kRotate);
  EXPECT_EQ(rotation->session_id, this->SessionId(1));
  EXPECT_EQ(rotation->account, account);
  EXPECT_EQ(this->Rotate('b', 'c', this->now_), RefreshVerdict::kRotate);
  EXPECT_EQ(this->Rotate('?', 'd', this->now_), RefreshVerdict::kUnknown);
}

TYPED_TEST_P(StoreContract, MovesASessionsEndWithEachRotation) {
  this->Begin(this->Add("ada@example.com"), 1, 'a');
  const auto almost = this->later_ - std::chrono::seconds{1};
  EXPECT_EQ(this->Rotate('a', 'b', almost), RefreshVerdict::kRotate);
  EXPECT_EQ(this->Rotate('b', 'c', this->later_ + std::chrono::minutes{30}),
            RefreshVerdict::kRotate);
  EXPECT_EQ(this->Rotate('c', 'd', this->later_ + std::chrono::hours{2}), RefreshVerdict::kExpired);
}

TYPED_TEST_P(StoreContract, EndsASessionWhoseSpentTokenIsUsed) {
  this->Begin(this->Add("ada@example.com"), 1, 'a');
  EXPECT_EQ(this->Rotate('a', 'b', this->now_), RefreshVerdict::kRotate);
  EXPECT_EQ(this->Rotate('a', 'c', this->now_), RefreshVerdict::kReused);
  EXPECT_EQ(this->Rotate('b', 'd', this->now_), RefreshVerdict::kEnded);
  EXPECT_EQ(this->Rotate('c', 'e', this->now_), RefreshVerdict::kUnknown);
}

TYPED_TEST_P(StoreContract, RepeatsARotationForAMoment) {
  this->Begin(this->Add("ada@example.com"), 1, 'a');
  EXPECT_EQ(this->Rotate('a', 'b', this->now_), RefreshVerdict::kRotate);
  const auto soon = this->now_ + kRefreshGrace - std::chrono::seconds{1};
  const auto again = this->sessions().Rotate(this->Hash('a'), this->Hash('b'), {}, soon,
                                             soon + std::chrono::hours{1}, this->Soon());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->verdict, RefreshVerdict::kRepeat);
  EXPECT_EQ(again->session_id, this->SessionId(1));
  EXPECT_EQ(again->account.email, "ada@example.com");
  EXPECT_EQ(this->Rotate('b', 'c', soon), RefreshVerdict::kRotate);
  EXPECT_EQ(this->Rotate('a', 'b', soon), RefreshVerdict::kReused) << "b is in use";
  EXPECT_EQ(this->Rotate('c', 'd', soon), RefreshVerdict::kEnded);
}

TYPED_TEST_P(StoreContract, RepeatsARotationForAllWhoAskAtOnce) {
  this->Begin(this->Add("ada@example.com"), 1, 'a');
  std::atomic<int> rotated = 0, repeated = 0;
  this->AtOnce([&](int) {
    switch (this->Rotate('a', 'b', this->now_)) {
      case RefreshVerdict::kRotate: ++rotated; break;
      case RefreshVerdict::kRepeat: ++repeated; break;
      default: break;
    }
  });
  EXPECT_EQ(rotated, 1);
  EXPECT_EQ(repeated, this->kThreads - 1);
}

TYPED_TEST_P(StoreContract, LetsOneOfManyRotateTheSameToken) {
  this->Begin(this->Add("ada@example.com"), 1, 'a');
  std::atomic<int> rotated = 0, reused = 0, ended = 0;
  this->AtOnce([&](int i) {
    switch (this->Rotate('a', static_cast<char>('0' + i), this->now_)) {
      case RefreshVerdict::kRotate: ++rotated; break;
      case RefreshVerdict::kRepeat: ADD_FAILURE() << "of another successor"; break;
      case RefreshVerdict::kReused: ++reused; break;
      case RefreshVerdict::kEnded: ++ended; break;
      case RefreshVerdict::kUnknown:
      case RefreshVerdict::kExpired:
      case RefreshVerdict::kDisabled: break;
    }
  });
  EXPECT_EQ(rotated, 1);
  EXPECT_EQ(reused, 1);
  EXPECT_EQ(ended, this->kThreads - 2);
  for (int i = 0; i < this->kThreads; ++i) {
    EXPECT_NE(this->Rotate(static_cast<char>('0' + i), 'z', this->now_), RefreshVerdict::kRotate);
  }
}

TYPED_TEST_P(StoreContract, EndsASessionByAnyOfItsTokens) {
  this->Begin(this->Add("ada@example.com"), 1, 'a');
  ASSERT_EQ(this->Rotate('a', 'b', this->now_), RefreshVerdict::kRotate);
  for (const char token : {'a', 'b', '?'}) {
    EXPECT_TRUE(this->sessions().End(this->Hash(token), this->now_, this->Soon()).ok());
  }
  EXPECT_EQ(this->Rotate('b', 'c', this->now_), RefreshVerdict::kEnded);
}

TYPED_TEST_P(StoreContract, FindsTheHolderOfALiveSession) {
  const auto ada = this->Add("ada@example.com");
  const auto bob = this->Add("bob@example.com");
  this->Begin(ada, 1, 'a');
  this->Begin(ada, 2, 'b');
  const auto find = [&](const std::string& session, const Account& account, Time now) {
    const auto found = this->sessions().FindHolder(session, account.user_id, now, this->Soon());
    return found.ok() ? found->email : found.error().reason;
  };
  EXPECT_EQ(find(this->SessionId(1), ada, this->now_), "ada@example.com");
  EXPECT_EQ(find(this->SessionId(1), bob, this->now_), "session_ended");
  EXPECT_EQ(find(this->SessionId(3), ada, this->now_), "session_ended");
  for (const char* no_id : {"", "x", "' OR ''='"})
    EXPECT_EQ(find(no_id, ada, this->now_), "session_ended");
  EXPECT_EQ(find(this->SessionId(1), ada, this->later_), "session_ended");
  ASSERT_TRUE(this->sessions().End(this->Hash('a'), this->now_, this->Soon()).ok());
  EXPECT_EQ(find(this->SessionId(1), ada, this->now_), "session_ended");
  ASSERT_TRUE(
      this->accounts().SetRoles(ada.user_id, {Role::kUser, Role::kCurator}, this->Soon()).ok());
  const auto holder =
      this->sessions().FindHolder(this->SessionId(2), ada.user_id, this->now_, this->Soon());
  ASSERT_TRUE(holder.ok());
  EXPECT_TRUE(holder->roles.contains(Role::kCurator));
  ASSERT_TRUE(this->accounts().Delete(ada.user_id, this->Soon()).ok());
  EXPECT_EQ(find(this->SessionId(2), ada, this->now_), "account_unknown");
}

TYPED_TEST_P(StoreContract, ListsSomeonesSessionsTheYoungestFirst) {
  const auto ada = this->Add("ada@example.com");
  const auto bob = this->Add("bob@example.com");
  const Client begun{"192.0.2.7", "curl/8.0"}, refreshed{"2001:db8::/64", "marqueectl"};
  const Session first{this->SessionId(1), ada.user_id, this->now_, this->later_};
  ASSERT_TRUE(this->sessions().Start(first, begun, this->Hash('a'), this->Soon()).ok());
  for (int n = 2; n < 6; ++n) this->Begin(ada, n, static_cast<char>('a' + n));
  this->Begin(bob, 6, 'z');
  const auto list = [&](const std::string& before, int limit, Time now) {
    std::vector<std::string> ids;
    const auto page = this->sessions().ListOf(ada.user_id, before, limit, now, this->Soon());
    EXPECT_TRUE(page.ok());
    for (const auto& view : *page) ids.push_back(view.session.session_id);
    return ids;
  };
  using Ids = std::vector<std::string>;
  EXPECT_EQ(list("", 2, this->now_), (Ids{this->SessionId(5), this->SessionId(4)}));
  EXPECT_EQ(list(this->SessionId(4), 9, this->now_),
            (Ids{this->SessionId(3), this->SessionId(2), this->SessionId(1)}));
  EXPECT_EQ(list(this->SessionId(1), 9, this->now_), Ids{});
  EXPECT_EQ(list("", 9, this->later_), Ids{}) << "all have expired";
  const auto view = [&] {
    return this->sessions()
        .ListOf(ada.user_id, this->SessionId(2), 1, this->now_, this->Soon())
        ->at(0);
  };
  EXPECT_EQ(view(), (SessionView{first, this->now_, begun}));
  const Time soon = this->now_ + std::chrono::minutes{1},
             then = this->later_ + std::chrono::hours{1};
  ASSERT_TRUE(this->sessions()
                  .Rotate(this->Hash('a'), this->Hash('b'), refreshed, soon, then, this->Soon())
                  .ok());
  EXPECT_EQ(view(),
            (SessionView{{first.session_id, ada.user_id, this->now_, then}, soon, refreshed}));
}

TYPED_TEST_P(StoreContract, EndsOneSessionOfItsOwner) {
  const auto ada = this->Add("ada@example.com");
  const auto bob = this->Add("bob@example.com");
  this->Begin(ada, 1, 'a');
  this->Begin(ada, 2, 'b');
  const auto end = [&](const Account& account, const std::string& id) {
    const auto ended = this->sessions().EndOne(account.user_id, id, this->now_, this->Soon());
    return ended.ok() ? "ok" : ended.error().reason;
  };
  EXPECT_EQ(end(bob, this->SessionId(1)), "session_unknown");
  for (const char* id : {"", "x", "' OR ''='", "00000000-0000-7000-8000-000000000009"})
    EXPECT_EQ(end(ada, id), "session_unknown") << id;
  EXPECT_EQ(this->Rotate('a', 'c', this->now_), RefreshVerdict::kRotate) << "nothing has ended";
  EXPECT_EQ(end(ada, this->SessionId(1)), "ok");
  EXPECT_EQ(end(ada, this->SessionId(1)), "ok") << "again";
  EXPECT_EQ(this->Rotate('c', 'd', this->now_), RefreshVerdict::kEnded);
  EXPECT_EQ(this->Rotate('b', 'e', this->now_), RefreshVerdict::kRotate);
}

TYPED_TEST_P(StoreContract, EndsAllSessionsOfSomeoneButOne) {
  const auto ada = this->Add("ada@example.com");
  const auto bob = this->Add("bob@example.com");
  this->Begin(ada, 1, 'a');
  this->Begin(ada, 2, 'b');
  this->Begin(ada, 3, 'c');
  this->Begin(bob, 4, 'd');
  const auto end = [&](const std::string& kept) {
    EXPECT_TRUE(this->sessions().EndAll(ada.user_id, kept, this->now_, this->Soon()).ok());
    return this->sessions().ListOf(ada.user_id, "", 9, this->now_, this->Soon())->size();
  };
  EXPECT_EQ(end(this->SessionId(2)), 1U);
  EXPECT_EQ(this->Rotate('b', 'e', this->now_), RefreshVerdict::kRotate);
  EXPECT_EQ(this->Rotate('a', 'f', this->now_), RefreshVerdict::kEnded);
  EXPECT_EQ(end(""), 0U);
  EXPECT_EQ(this->Rotate('d', 'g', this->now_), RefreshVerdict::kRotate) << "another's";
}

TYPED_TEST_P(StoreContract, ADisabledAccountHasNoSessions) {
  const auto ada = this->Add("ada@example.com");
  this->Begin(ada, 1, 'a');
  const auto disabled = this->accounts().SetDisabled(ada.user_id, true, this->now_, this->Soon());
  ASSERT_TRUE(disabled.ok());
  EXPECT_TRUE(disabled->disabled);
  EXPECT_EQ(*this->accounts().Find(ada.user_id, this->Soon()), *disabled);
  EXPECT_TRUE(this->accounts().FindCredentials(ada.user_id, this->Soon())->account.disabled);
  EXPECT_EQ(this->Rotate('a', 'b', this->now_), RefreshVerdict::kDisabled);
  const auto reason = [&](const auto& result) {
    return result.ok() ? std::string("ok") : result.error().reason;
  };
  const auto start = [&](int n) {
    return reason(
        this->sessions().Start({this->SessionId(n), ada.user_id, this->now_, this->later_}, {},
                               this->Hash(static_cast<char>('A' + n)), this->Soon()));
  };
  const auto hold = [&](int n) {
    return reason(
        this->sessions().FindHolder(this->SessionId(n), ada.user_id, this->now_, this->Soon()));
  };
  EXPECT_EQ(start(2), "account_disabled");
  EXPECT_EQ(hold(1), "account_disabled");
  ASSERT_TRUE(this->accounts().SetDisabled(ada.user_id, false, this->now_, this->Soon()).ok());
  EXPECT_EQ(this->Rotate('a', 'b', this->now_), RefreshVerdict::kEnded) << "it doesn't come back";
  EXPECT_EQ(start(2), "ok");
  EXPECT_EQ(hold(1), "session_ended");
  EXPECT_EQ(hold(2), "ok");
}

TYPED_TEST_P(StoreContract, NoSessionOutlivesItsAccountsDisabling) {
  const auto ada = this->Add("ada@example.com");
  this->AtOnce([&](int i) {
    if (i == 0) {
      EXPECT_TRUE(this->accounts().SetDisabled(ada.user_id, true, this->now_, this->Soon()).ok());
      return;
    }
    const auto started =
        this->sessions().Start({this->SessionId(i), ada.user_id, this->now_, this->later_}, {},
                               this->Hash(static_cast<char>('a' + i)), this->Soon());
    EXPECT_EQ(started.ok() ? "account_disabled" : started.error().reason, "account_disabled");
  });
  EXPECT_TRUE(this->sessions().ListOf(ada.user_id, "", 9, this->now_, this->Soon())->empty());
}

TYPED_TEST_P(StoreContract, ADisabledAdministratorIsNone) {
  const Account ada = this->Add("ada@example.com", {Role::kAdministrator});
  const Account bob = this->Add("bob@example.com", {Role::kAdministrator});
  const auto reason = [](const auto& result) {
    return result.ok() ? std::string("ok") : result.error().reason;
  };
  const auto disable = [&](const Account& account, bool disabled) {
    return reason(
        this->accounts().SetDisabled(account.user_id, disabled, this->now_, this->Soon()));
  };
  EXPECT_EQ(disable(ada, true), "ok");
  EXPECT_EQ(disable(ada, true), "ok") << "again";
  EXPECT_EQ(disable(bob, true), "last_administrator");
  EXPECT_EQ(reason(this->accounts().SetRoles(bob.user_id, {Role::kUser}, this->Soon())),
            "last_administrator");
  EXPECT_EQ(reason(this->accounts().Delete(bob.user_id, this->Soon())), "last_administrator");
  EXPECT_EQ(disable(ada, false), "ok");
  EXPECT_EQ(disable(bob, true), "ok");
  EXPECT_EQ(reason(this->accounts().Delete(bob.user_id, this->Soon())), "ok");
}

TYPED_TEST_P(StoreContract, ForgetsWhatIsOver) {
  const Account account = this->Add("ada@example.com");
  this->Begin(account, 1, 'a');
  this->Begin(account, 2, 'b');
  ASSERT_EQ(this->Rotate('b', 'c', this->later_ - std::chrono::minutes{1}),
            RefreshVerdict::kRotate);
  const Time now = this->later_ + std::chrono::minutes{1};
  // Session 1 expired at `later_`; token b was spent a minute before.
  EXPECT_EQ(*this->sessions().Purge(now, this->later_, this->now_, this->Soon()), 1);
  EXPECT_EQ(this->Rotate('a', 'x', now), RefreshVerdict::kExpired);
  EXPECT_EQ(*this->sessions().Purge(now, now, now, this->Soon()), 1);
  EXPECT_EQ(this->Rotate('a', 'x', now), RefreshVerdict::kUnknown);
  EXPECT_EQ(this->Rotate('b', 'x', now), RefreshVerdict::kUnknown);
  EXPECT_EQ(this->Rotate('c', 'd', now), RefreshVerdict::kRotate);
  ASSERT_TRUE(this->sessions().End(this->Hash('d'), now, this->Soon()).ok());
  EXPECT_EQ(*this->sessions().Purge(now, now, now, this->Soon()), 0);
}

TYPED_TEST_P(StoreContract, AgreesOnTheFirstKey) {
  EXPECT_TRUE(this->keys().ListActive(this->now_, this->Soon())->empty());
  std::vector<std::vector<SealedKey>> seen(this->kThreads);
  this->AtOnce([&](int i) {
    const std::string kid = "kid-" + std::to_string(i);
    auto keys = this->keys().AddFirst({kid, std::string("\0sealed\xff", 8) + kid, this->now_},
                                      this->Soon());
    if (keys.ok()) seen[i] = *std::move(keys);
  });
  for (const auto& keys : seen) {
    ASSERT_EQ(keys.size(), 1U);
    EXPECT_EQ(keys[0].kid, seen[0][0].kid);
    EXPECT_EQ(keys[0].sealed, std::string("\0sealed\xff", 8) + seen[0][0].kid);
    EXPECT_EQ(keys[0].created_at, this->now_);
  }
}

TYPED_TEST_P(StoreContract, RotatesKeysWithAnOverlap) {
  const auto kids = [&](Time now) {
    std::vector<std::string> kids;
    const auto keys = this->keys().ListActive(now, this->Soon());
    EXPECT_TRUE(keys.ok());
    for (const auto& key : *keys) kids.push_back(key.kid);
    return kids;
  };
  using Kids = std::vector<std::string>;
  ASSERT_TRUE(this->keys().AddFirst({"a", "sealed a", this->now_}, this->Soon()).ok());
  const Time second = this->now_ + std::chrono::hours{1};
  const auto rotated =
      this->keys().Rotate({"b", "sealed b", second}, second + std::chrono::minutes{30},
                          second - std::chrono::minutes{3}, this->Soon());
  ASSERT_TRUE(rotated.ok()) << rotated.error().ToString();
  ASSERT_EQ(rotated->size(), 2U);
  EXPECT_EQ((*rotated)[0].retires_at, second + std::chrono::minutes{30});
  EXPECT_FALSE((*rotated)[1].retires_at);
  EXPECT_EQ(kids(second + std::chrono::minutes{29}), (Kids{"a", "b"}));
  EXPECT_EQ(kids(second + std::chrono::minutes{30}), (Kids{"b"}));
  const auto again = this->keys().Rotate({"c", "sealed c", second}, second,
                                         second - std::chrono::minutes{3}, this->Soon());
  EXPECT_EQ(again.error().reason, "rotation_under_way");
  EXPECT_EQ(kids(second), (Kids{"a", "b"}));
}

TYPED_TEST_P(StoreContract, ReplacesAFirstKeyThatIsYoung) {
  ASSERT_TRUE(this->keys().AddFirst({"a", "sealed a", this->now_}, this->Soon()).ok());
  const auto rotated =
      this->keys().Rotate({"b", "sealed b", this->now_}, this->now_ + std::chrono::minutes{30},
                          this->now_ - std::chrono::minutes{3}, this->Soon());
  ASSERT_TRUE(rotated.ok()) << rotated.error().ToString();
  EXPECT_EQ(rotated->size(), 2U);
}

REGISTER_TYPED_TEST_SUITE_P(StoreContract, KeepsAnAccountAsItWasGiven, KnowsAnAddressInAnyCase,
                            KeepsTextThatLooksLikeSql, SaysWhenThereIsNoAccount,
                            ChangesOnlyWhatIsSaid, EndsOtherSessionsWithANewPassword,
                            HashesTheSamePasswordAnew, KnowsTheNetworksOfAnAccountsSessions,
                            DeletesAnAccountWithItsSessions, ListsByIdAfterAnother,
                            ProtectsTheLastAdministrator, KeepsAnAdministratorWhenAllResignAtOnce,
                            MakesOneFirstAdministrator, RotatesARefreshToken,
                            MovesASessionsEndWithEachRotation, EndsASessionWhoseSpentTokenIsUsed,
                            LetsOneOfManyRotateTheSameToken, RepeatsARotationForAMoment,
                            RepeatsARotationForAllWhoAskAtOnce, EndsASessionByAnyOfItsTokens,
                            FindsTheHolderOfALiveSession, ListsSomeonesSessionsTheYoungestFirst,
                            EndsOneSessionOfItsOwner, EndsAllSessionsOfSomeoneButOne,
                            ADisabledAccountHasNoSessions, NoSessionOutlivesItsAccountsDisabling,
                            ADisabledAdministratorIsNone, ForgetsWhatIsOver, AgreesOnTheFirstKey,
                            RotatesKeysWithAnOverlap, ReplacesAFirstKeyThatIsYoung);

}  // namespace marquee::auth
