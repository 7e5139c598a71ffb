#include <gtest/gtest.h>

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

TEST_F(Recent, ServicesAndTheAnonymousAreNoPeople) {
  Caller service;
  service.subject = "service:trainer";
  service.roles = {"service"};
  EXPECT_EQ(changes.Check(service)->roles, service.roles);
  EXPECT_TRUE(changes.Check({}).ok());
}

}  // namespace
}  // namespace marquee::people
