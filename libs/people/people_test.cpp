#include <gtest/gtest.h>

#include "marquee/events/v1/events.pb.h"
#include "people/people_feed.h"

namespace marquee::people {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Time kStart{seconds{1'800'000'000}};

Caller Person(std::int64_t user_id, Time issued, std::vector<std::string> roles = {"user"}) {
  Caller caller;
  caller.user_id = user_id;
  caller.subject = std::to_string(user_id);
  caller.roles = std::move(roles);
  caller.token_issued_at = issued;
  return caller;
}

struct Recent : ::testing::Test {
  ManualClock clock{kStart};
  RecentChanges changes{clock};
};

TEST(PersonChange, ComesBackFromItsBytes) {
  const PersonChange change{.user_id = 1'000'000'007,
                            .changed_at = kStart + std::chrono::microseconds{123'456},
                            .roles = {"user", "curator"}};
  EXPECT_EQ(*Decode(Encode(change)), change);
  EXPECT_EQ(KeyOf(change), "1000000007");
  const PersonChange future{.user_id = 7, .changed_at = Time{std::chrono::seconds{9'000'000'001}}};
  EXPECT_EQ(Decode(Encode(future)).error().reason, "undecodable");
  for (const char* bytes : {"", "\x08\x00", "nonsense"})
    EXPECT_EQ(Decode(bytes).error().reason, "undecodable") << bytes;
}

TEST(PersonChange, OfASessionComesBackFromItsBytes) {
  const PersonChange change{.user_id = 7, .changed_at = kStart, .ended_session = "a-b"};
  EXPECT_EQ(*Decode(Encode(change)), change);
  EXPECT_EQ(KeyOf(change), "7/a-b") << "not the account's: compaction keeps both";
  const PersonChange disabled{.user_id = 7, .changed_at = kStart, .disabled = true};
  EXPECT_EQ(*Decode(Encode(disabled)), disabled);
  PersonChange wrong = change;
  wrong.ended_session = std::string(kMostSessionIdBytes + 1, 'x');
  EXPECT_EQ(Decode(Encode(wrong)).error().reason, "undecodable");
}

// The version of before knows fields 1 to 4 alone.
TEST(PersonChange, IsUnderstoodByTheVersionOfBeforeAndTheOtherWayRound) {
  const auto as_before = [](const PersonChange& change) {
    events::v1::PersonChanged message;
    EXPECT_TRUE(message.ParseFromString(Encode(change)));
    message.DiscardUnknownFields();
    message.clear_disabled();
    message.clear_session_ended();
    return *Decode(message.SerializeAsString());
  };
  // Long past: it takes no notice, rather than the session's end for the loss of all roles.
  EXPECT_EQ(as_before({.user_id = 7, .changed_at = kStart, .ended_session = "a"}).changed_at,
            Time{});
  const auto disabled = as_before({.user_id = 7, .changed_at = kStart, .disabled = true});
  EXPECT_EQ(disabled.changed_at, kStart);
  EXPECT_TRUE(disabled.roles.empty()) << "at least what needs a role is refused";
  const auto roles = as_before({.user_id = 7, .changed_at = kStart, .roles = {"user"}});
  EXPECT_EQ(roles, (PersonChange{.user_id = 7, .changed_at = kStart, .roles = {"user"}}));
}

TEST_F(Recent, ASessionThatEndedIsOverForAllItsTokens) {
  auto here = Person(7, kStart - minutes{5});
  here.session_id = "here";
  auto there = here;
  there.session_id = "there";
  changes.Take({.user_id = 7, .changed_at = kStart, .ended_session = "there"});
  EXPECT_TRUE(changes.Check(here).ok());
  EXPECT_EQ(changes.Check(there).error().code, Code::kUnauthenticated);
  EXPECT_EQ(changes.Check(there).error().reason, "token_revoked");
  there.token_issued_at = kStart + seconds{1};
  EXPECT_FALSE(changes.Check(there).ok()) << "it doesn't go on";
  // What is said of the account doesn't take its place, nor the other way round.
  changes.Take({.user_id = 7, .changed_at = kStart + seconds{2}, .roles = {"curator"}});
  changes.Take({.user_id = 7, .changed_at = kStart + seconds{3}, .ended_session = "else"});
  EXPECT_FALSE(changes.Check(there).ok());
  EXPECT_EQ(changes.Check(here)->roles, std::vector<std::string>{"curator"});
}

TEST_F(Recent, ADisabledAccountIsRefusedUntilItIsEnabled) {
  changes.Take({.user_id = 7, .changed_at = kStart, .disabled = true});
  const auto refused = changes.Check(Person(7, kStart - minutes{5}));
  EXPECT_EQ(refused.error().code, Code::kUnauthenticated);
  EXPECT_EQ(refused.error().reason, "account_disabled");
  // Who signs in after they were enabled needn't wait until that is heard.
  EXPECT_TRUE(changes.Check(Person(7, kStart + seconds{1})).ok());
  changes.Take({.user_id = 7, .changed_at = kStart + seconds{9}, .roles = {"user"}});
  EXPECT_TRUE(changes.Check(Person(7, kStart - minutes{5})).ok());
  changes.Take({.user_id = 7, .changed_at = kStart + seconds{5}, .disabled = true});
  EXPECT_TRUE(changes.Check(Person(7, kStart)).ok()) << "the later change stands";
}

TEST_F(Recent, WhoeverWasDeletedIsNobody) {
  EXPECT_TRUE(changes.Check(Person(7, kStart)).ok());
  changes.Take({.user_id = 7, .changed_at = kStart, .deleted = true});
  EXPECT_EQ(changes.Check(Person(7, kStart - minutes{5})).error().reason, "token_revoked");
  EXPECT_EQ(changes.Check(Person(7, kStart + seconds{5})).error().reason, "token_revoked");
  EXPECT_TRUE(changes.Check(Person(8, kStart)).ok());
  // An older change that comes late doesn't bring them back.
  changes.Take({.user_id = 7, .changed_at = kStart + seconds{1}, .roles = {"user"}});
  EXPECT_FALSE(changes.Check(Person(7, kStart)).ok());
}

TEST_F(Recent, ATokenFromBeforeHasTheRolesOfNow) {
  using Roles = std::vector<std::string>;
  changes.Take({.user_id = 7, .changed_at = kStart, .roles = {"user"}});
  EXPECT_EQ(changes.Check(Person(7, kStart - minutes{5}, {"user", "administrator"}))->roles,
            Roles{"user"});
  EXPECT_EQ(changes.Check(Person(7, kStart + seconds{1}, {"user", "curator"}))->roles,
            (Roles{"user", "curator"}));
  changes.Take({.user_id = 7, .changed_at = kStart - seconds{9}, .roles = {"administrator"}});
  EXPECT_EQ(changes.Check(Person(7, kStart - minutes{5}))->roles, Roles{"user"})
      << "the later change stands";
}

TEST_F(Recent, WhatNoTokenCanBeOlderThanIsForgotten) {
  changes.Take({.user_id = 7, .changed_at = kStart - kRemembered - seconds{1}, .deleted = true});
  EXPECT_EQ(changes.size(), 0U);
  changes.Take({.user_id = 8, .changed_at = kStart, .deleted = true});
  clock.Advance(kRemembered + minutes{1});
  changes.Take({.user_id = 9, .changed_at = clock.Now(), .deleted = true});
  EXPECT_EQ(changes.size(), 1U);
}

TEST_F(Recent, EndedSessionsAreBoundedAndTheOldestGoFirst) {
  constexpr std::size_t kEnded = 100'000;
  std::size_t early = 0;
  RecentChanges bounded(clock, [&](std::size_t count) { early += count; });
  const auto of = [](std::size_t n) {
    auto caller = Person(7, kStart);
    caller.session_id = "00000000-0000-7000-8000-" + std::to_string(100'000'000'000 + n);
    return caller;
  };
  const auto end = [&](std::size_t n) {
    bounded.Take({.user_id = 7, .changed_at = clock.Now(), .ended_session = of(n).session_id});
  };
  for (std::size_t n = 0; n < kEnded; ++n) end(n);
  for (std::size_t n = 0; n < kEnded; ++n) ASSERT_FALSE(bounded.Check(of(n)).ok()) << n;
  EXPECT_EQ(bounded.size(), kEnded);
  for (std::size_t n = 0; n < kEnded; ++n) end(n);  // told twice
  EXPECT_EQ(early, 0U);
  end(kEnded);
  EXPECT_EQ(bounded.size(), kMostRemembered);
  EXPECT_EQ(early, 1U);
  EXPECT_TRUE(bounded.Check(of(0)).ok());
  EXPECT_FALSE(bounded.Check(of(1)).ok());
  EXPECT_FALSE(bounded.Check(of(kEnded)).ok());
  clock.Advance(kRemembered + seconds{1});
  end(0);
  EXPECT_EQ(bounded.size(), 1U);
  EXPECT_EQ(early, 1U);
}

TEST_F(Recent, PeopleAreBoundedHoweverOftenOneOfThemChanges) {
  RecentChanges bounded(clock, {}, 3);
  for (int n = 0; n < 100; ++n) {
    clock.Advance(seconds{1});
    bounded.Take({.user_id = 7, .changed_at = clock.Now(), .roles = {"user"}});
  }
  EXPECT_EQ(bounded.size(), 1U);
  for (std::int64_t user = 1; user < 10; ++user)
    bounded.Take({.user_id = user, .changed_at = clock.Now(), .deleted = true});
  EXPECT_EQ(bounded.size(), 3U);
  EXPECT_FALSE(bounded.Check(Person(9, kStart)).ok());
}

TEST_F(Recent, ServicesAndTheAnonymousAreNoPeople) {
  Caller service;
  service.subject = "service:trainer";
  service.roles = {"service"};
  EXPECT_EQ(changes.Check(service)->roles, service.roles);
  EXPECT_TRUE(changes.Check({}).ok());
}

}  // namespace
}  // namespace marquee::people
