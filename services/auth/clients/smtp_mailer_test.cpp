#include "auth/clients/smtp_mailer.h"

#include <gtest/gtest.h>

namespace marquee::auth {
namespace {

const Email kFrom = *Email::Make("noreply@marquee.example");
const Email kTo = *Email::Make("ada@example.com");

TEST(ToRfc5322, IsAMessageAsTheRfcHasIt) {
  const std::string message = ToRfc5322({kTo, "Hello", "One.\nTwo.\n"}, kFrom,
                                        Time{std::chrono::seconds{1'700'000'000}}, "an-id");
  EXPECT_EQ(message,
            "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
            "From: Marquee <noreply@marquee.example>\r\n"
            "To: <ada@example.com>\r\n"
            "Subject: Hello\r\n"
            "Message-ID: <an-id@marquee.example>\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=us-ascii\r\n"
            "Content-Transfer-Encoding: 7bit\r\n"
            "\r\n"
            "One.\r\nTwo.\r\n");
}

// What is sent to anybody: each header once, no line too long, all of it ASCII.
TEST(Compose, MakesMailThatAnyServerTakes) {
  for (const auto purpose : {LinkPurpose::kResetPassword, LinkPurpose::kVerifyEmail}) {
    const Mail mail = Compose(purpose, kTo, "https://marquee.example", std::string(43, 't'));
    EXPECT_NE(mail.text.find("https://marquee.example/"), std::string::npos);
    EXPECT_NE(mail.text.find("#" + std::string(43, 't')), std::string::npos);
    std::size_t line = 0;
    for (const char c : mail.text) {
      EXPECT_TRUE(c == '\n' || (c >= ' ' && c <= '~'));
      line = c == '\n' ? 0 : line + 1;
      ASSERT_LT(line, 998U);
    }
    EXPECT_EQ(mail.subject.find_first_of("\r\n"), std::string::npos);
    EXPECT_TRUE(mail.text.ends_with('\n'));
  }
}

TEST(RetryMailAt, DoublesToTenMinutes) {
  const Time now{};
  using std::chrono::seconds;
  EXPECT_EQ(RetryMailAt(1, now) - now, seconds{5});
  EXPECT_EQ(RetryMailAt(2, now) - now, seconds{10});
  EXPECT_EQ(RetryMailAt(7, now) - now, seconds{320});
  for (const int attempts : {8, 9, 1'000'000})
    EXPECT_EQ(RetryMailAt(attempts, now) - now, seconds{600}) << attempts;
}

TEST(SmtpMailer, SaysThatThereIsNoServer) {
  SmtpMailer mailer({.url = "smtp://127.0.0.1:1",
                     .tls = false,
                     .ca_file = "",
                     .username = "",
                     .password = "",
                     .from = kFrom},
                    SystemClock());
  const auto sent = mailer.Send({kTo, "Hello", "One.\n"},
                                CallContext(SystemClock().Now() + std::chrono::seconds{10}));
  ASSERT_FALSE(sent.ok());
  EXPECT_EQ(sent.error().reason, "mail_unavailable");
  EXPECT_EQ(sent.error().message.find("ada"), std::string::npos);
  EXPECT_EQ(mailer.Send({kTo, "Hello", "One.\n"}, CallContext(SystemClock().Now())).error().reason,
            "mail_late");
}

}  // namespace
}  // namespace marquee::auth
