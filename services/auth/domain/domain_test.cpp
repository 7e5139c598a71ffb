#include <gtest/gtest.h>

#include "auth/domain/account.h"
#include "auth/domain/email.h"
#include "auth/domain/password.h"
#include "auth/domain/ports.h"
#include "auth/domain/session.h"

namespace marquee::auth {
namespace {

TEST(Email, TrimsAndLowersTheDomain) {
  const auto email = Email::Make("  Ada.L+x@Example.COM\n");
  ASSERT_TRUE(email.ok());
  EXPECT_EQ(email->address(), "Ada.L+x@example.com");
  EXPECT_EQ(email->key(), "ada.l+x@example.com");
}

TEST(Email, TakesWhatMailSystemsTake) {
  for (const char* text : {"a@b.co", "o'hara@x-y.example", "1@1.example", "a_b@sub.sub.example.org",
                           "a@xn--bcher-kva.example"}) {
    EXPECT_TRUE(Email::Make(text).ok()) << text;
  }
}

TEST(Email, RefusesWhatIsNoAddress) {
  std::string long_local(65, 'a');
  long_local += "@b.co";
  std::string long_all = "a@";
  for (int i = 0; i < 4; ++i) long_all.append(60, 'b').append(".");
  long_all.append(20, 'b');
  for (const std::string& text : {std::string(""),
                                  std::string("@"),
                                  std::string("a"),
                                  std::string("a@"),
                                  std::string("@b.co"),
                                  std::string("a@b"),
                                  std::string("a@b."),
                                  std::string("a@.co"),
                                  std::string("a@b..co"),
                                  std::string("a@-b.co"),
                                  std::string("a@b-.co"),
                                  std::string("a@1.2.3.4"),
                                  std::string("a@[1.2.3.4]"),
                                  std::string("a@b@c.co"),
                                  std::string("a b@c.co"),
                                  std::string("\"a b\"@c.co"),
                                  std::string(".a@b.co"),
                                  std::string("a.@b.co"),
                                  std::string("a..b@c.co"),
                                  std::string("ä@b.co"),
                                  std::string("a@bücher.example"),
                                  std::string("a@b.co\nBcc: x@y.co"),
                                  std::string("a\0@b.co", 7),
                                  long_local,
                                  long_all}) {
    const auto email = Email::Make(text);
    ASSERT_FALSE(email.ok()) << text;
    EXPECT_EQ(email.error().reason, "email_malformed");
    EXPECT_EQ(email.error().field, "email");
  }
}

struct PasswordCase {
  std::string text;
  std::string reason;  // empty: good
};

TEST(NewPassword, IsJudgedByLengthAndWhatIsGuessedFirst) {
  const auto email = Email::Make("ada.lovelace@example.com");
  const PasswordCase cases[] = {
      {"correct horse battery", ""},
      {"          12", "password_too_common"},
      {"пароль пароль", ""},
      {"xq7 vmt2", ""},
      {"xq7 vmt", "password_too_short"},
      {"äöüÄÖÜß", "password_too_short"},                       // 14 bytes, 7 characters
      {"e\u0301a\u0301o\u0301u\u0301", "password_too_short"},  // 8 typed, 4 when composed
      {std::string(257, 'a'), "password_too_long"},
      {"Password1234", "password_too_common"},
      {"123456789012", "password_too_common"},
      {"aaaaaaaaaaaaaa", "password_too_common"},
      {"password", "password_too_common"},
      {"iloveyou", "password_too_common"},
      {"Sunshine1", "password_too_common"},
      {"trustno1", "password_too_common"},
      {"Ada.Lovelace@Example.com", "password_contains_email"},
      {"abcdefghijkl", "password_too_common"},
      {"zyxwvutsrqpo", "password_too_common"},
      {"qwertyuiopasdf", "password_too_common"},
      {"abcabcabcabc", "password_too_common"},
      {"summer2024summer", "password_too_common"},
      {"marqueemarquee", "password_too_common"},
      {"four Marquees in the rain", "password_too_common"},
      {"my ADA.lovelace likes x7", "password_contains_email"},
      {"correct\nhorse battery", "password_malformed"},
      {std::string(256, 'a'), "password_too_common"},
  };
  for (const auto& [text, reason] : cases) {
    const auto password = NewPassword::Make(text, *email, "new_password");
    EXPECT_EQ(password.ok() ? "" : password.error().reason, reason) << text;
    if (!password.ok()) {
      EXPECT_EQ(password.error().field, "new_password");
    }
  }
}

TEST(NewPassword, IsTheSameHoweverItWasTyped) {
  const auto email = Email::Make("ada@example.com");
  const auto composed = NewPassword::Make("cr\u00e8me br\u00fbl\u00e9e", *email, "password");
  const auto apart = NewPassword::Make("cre\u0300me\u00a0bru\u0302le\u0301e", *email, "password");
  ASSERT_TRUE(composed.ok() && apart.ok());
  EXPECT_EQ(composed->text(), apart->text());
}

TEST(NewPassword, AShortNameIsNoReasonToRefuseAPhrase) {
  EXPECT_TRUE(NewPassword::Make("a banana for the ape", *Email::Make("an@example.com"), "p").ok());
}

TEST(Roles, RoundTripByName) {
  const std::vector<std::string> names = {"administrator", "user", "user"};
  const auto roles = ParseRoles(names);
  ASSERT_TRUE(roles.ok());
  EXPECT_EQ(*roles, (Roles{Role::kUser, Role::kAdministrator}));
  EXPECT_EQ(Names(*roles), (std::vector<std::string>{"user", "administrator"}));
}

TEST(Roles, RefuseUnknownNamesByName) {
  const std::vector<std::string> names = {"user", "service"};
  const auto roles = ParseRoles(names);
  ASSERT_FALSE(roles.ok());
  EXPECT_EQ(roles.error().reason, "role_unknown");
  EXPECT_EQ(roles.error().field, "roles[1]");
  EXPECT_NE(roles.error().message.find("\"service\""), std::string::npos);
  EXPECT_EQ(ParseRoles({}).error().reason, "roles_missing");
}

TEST(DisplayName, IsOneTrimmedLine) {
  EXPECT_EQ(*MakeDisplayName("  Ada 😀 "), "Ada 😀");
  EXPECT_EQ(*MakeDisplayName(""), "");
  EXPECT_TRUE(MakeDisplayName(std::string(100, 'x')).ok());
  EXPECT_FALSE(MakeDisplayName(std::string(101, 'x')).ok());
  EXPECT_FALSE(MakeDisplayName("Ada\nLovelace").ok());
  for (const char* unseen : {"\u3164", "\u2800 \u2800", "Ada\u202e", "A\u200bda", "\u115f"})
    EXPECT_FALSE(MakeDisplayName(unseen).ok()) << unseen;
  EXPECT_EQ(*MakeDisplayName("\u200b \u2060"), "") << "no name at all";
}

TEST(Refresh, IsJudgedByTheSessionFirst) {
  const Time now{std::chrono::seconds{1000}};
  const Time later = now + std::chrono::seconds{1};
  const auto judge = [&](bool spent, Time expires, std::optional<Time> ended) {
    return JudgeRefresh(
        PresentedToken{spent ? std::optional(now - std::chrono::hours{1}) : std::nullopt, true,
                       expires, ended},
        now);
  };
  EXPECT_EQ(judge(false, later, {}), RefreshVerdict::kRotate);
  EXPECT_EQ(judge(true, later, {}), RefreshVerdict::kReused);
  EXPECT_EQ(judge(false, now, {}), RefreshVerdict::kExpired);
  EXPECT_EQ(judge(true, now, {}), RefreshVerdict::kExpired);
  EXPECT_EQ(judge(false, later, now), RefreshVerdict::kEnded);
  EXPECT_EQ(judge(true, later, now), RefreshVerdict::kEnded);
  EXPECT_EQ(JudgeRefresh(std::nullopt, now), RefreshVerdict::kUnknown);
}

TEST(Refresh, IsRepeatedForAMomentWhileItsSuccessorIsUnused) {
  const Time now{std::chrono::seconds{1000}};
  const auto judge = [&](std::chrono::seconds ago, bool successor_unused) {
    return JudgeRefresh(
        PresentedToken{now - ago, successor_unused, now + std::chrono::seconds{1}, {}}, now);
  };
  EXPECT_EQ(judge(std::chrono::seconds{0}, true), RefreshVerdict::kRepeat);
  EXPECT_EQ(judge(kRefreshGrace - std::chrono::seconds{1}, true), RefreshVerdict::kRepeat);
  EXPECT_EQ(judge(kRefreshGrace, true), RefreshVerdict::kReused);
  EXPECT_EQ(judge(std::chrono::seconds{0}, false), RefreshVerdict::kReused);
}

TEST(NewPassword, IsTheSameOnEveryKeyboard) {
  const auto email = Email::Make("ada@example.com");
  const auto composed =
      NewPassword::Make("cr\u00e8me br\u00fbl\u00e9e d\u00e9j\u00e0", *email, "password");
  const auto decomposed =
      NewPassword::Make("cre\u0300me bru\u0302le\u0301e de\u0301ja\u0300", *email, "password");
  ASSERT_TRUE(composed.ok() && decomposed.ok());
  EXPECT_EQ(composed->text(), decomposed->text());
  EXPECT_EQ(ComparablePassword("cre\u0300me"), ComparablePassword("cr\u00e8me"));
}

TEST(NetworkOf, IsWhatOneSubscriberHas) {
  EXPECT_EQ(NetworkOf("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(NetworkOf("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(NetworkOf("2001:db8:1:2::9"), "2001:db8:1:2::/64");
  EXPECT_EQ(NetworkOf("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(NetworkOf(""), "");
}

}  // namespace
}  // namespace marquee::auth
