#include "auth/config.h"

#include <gtest/gtest.h>

#include <map>

namespace marquee::auth {
namespace {

TEST(Config, HasDefaultsForWhatIsNoSecret) {
  const auto config = Config::FromEnv(
      config::MapEnvironment({{"MARQUEE_POSTGRES_URI", "postgresql://auth@localhost/auth"},
                              {"MARQUEE_AUTH_KEY_ENCRYPTION_SECRET", std::string(48, 'k')},
                              {"MARQUEE_AUTH_ERASURE_SERVICES", "auth,rating-ingest"},
                              {"MARQUEE_AUTH_SERVICE_SECRETS", "trainer:0123456789abcdef\n"}}));
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->bootstrap_secret, "");
  EXPECT_EQ(config->hashing.running, 2);
  EXPECT_EQ(config->service_secrets.count("trainer"), 1U);
  EXPECT_EQ(config->erasing.services, (std::vector<std::string>{"auth", "rating-ingest"}));
}

std::map<std::string, std::string> WithMail(const std::map<std::string, std::string>& more) {
  std::map<std::string, std::string> values{
      {"MARQUEE_POSTGRES_URI", "postgresql://auth@localhost/auth"},
      {"MARQUEE_AUTH_KEY_ENCRYPTION_SECRET", std::string(48, 'k')},
      {"MARQUEE_AUTH_ERASURE_SERVICES", "auth"},
      {"MARQUEE_AUTH_SMTP_URL", "smtp://mail.example:587"},
      {"MARQUEE_AUTH_MAIL_FROM", "noreply@marquee.example"},
      {"MARQUEE_AUTH_MAIL_LINK_URL", "https://marquee.example"}};
  for (const auto& [name, value] : more) values[name] = value;
  return values;
}

TEST(Config, SendsNoMailUnlessItIsToldHow) {
  const auto off =
      Config::FromEnv(config::MapEnvironment(WithMail({{"MARQUEE_AUTH_SMTP_URL", ""}})));
  ASSERT_TRUE(off.ok()) << off.error().message;
  EXPECT_FALSE(off->mail);
  const auto on = Config::FromEnv(config::MapEnvironment(WithMail(
      {{"MARQUEE_AUTH_SMTP_USERNAME", "marquee"}, {"MARQUEE_AUTH_SMTP_PASSWORD", "hunter2"}})));
  ASSERT_TRUE(on.ok()) << on.error().message;
  ASSERT_TRUE(on->mail);
  EXPECT_TRUE(on->mail->smtp.tls) << "unless it is told otherwise";
  EXPECT_EQ(on->mail->smtp.from.address(), "noreply@marquee.example");
}

TEST(Config, RefusesMailThatIsHalfToldOrUnsafe) {
  const std::map<std::string, std::string> cases[] = {
      {{"MARQUEE_AUTH_SMTP_URL", "http://mail.example"}},
      {{"MARQUEE_AUTH_SMTP_URL", "smtp://user:secret@mail.example"}},
      {{"MARQUEE_AUTH_MAIL_FROM", ""}},
      {{"MARQUEE_AUTH_MAIL_FROM", "a@b.co\r\nBcc: c@d.co"}},
      {{"MARQUEE_AUTH_MAIL_LINK_URL", ""}},
      {{"MARQUEE_AUTH_MAIL_LINK_URL", "https://marquee.example/"}},
      {{"MARQUEE_AUTH_SMTP_USERNAME", "marquee"}},
      {{"MARQUEE_AUTH_SMTP_TLS", "maybe"}},
      {{"MARQUEE_AUTH_SMTP_TLS", "none"},
       {"MARQUEE_AUTH_SMTP_USERNAME", "marquee"},
       {"MARQUEE_AUTH_SMTP_PASSWORD", "hunter2"}}};
  for (const auto& more : cases) {
    const auto config = Config::FromEnv(config::MapEnvironment(WithMail(more)));
    ASSERT_FALSE(config.ok()) << more.begin()->first << more.begin()->second;
    EXPECT_NE(config.error().message.find("MARQUEE_AUTH_"), std::string::npos);
    EXPECT_EQ(config.error().message.find("hunter2"), std::string::npos);
    EXPECT_EQ(config.error().message.find("secret@"), std::string::npos);
  }
}

Result<Config> WithProviders(const std::string& providers, const std::string& secrets,
                             const std::string& issuer = "https://marquee.example") {
  return Config::FromEnv(
      config::MapEnvironment(WithMail({{"MARQUEE_AUTH_SMTP_URL", ""},
                                       {"MARQUEE_AUTH_ISSUER", issuer},
                                       {"MARQUEE_AUTH_PROVIDERS", providers},
                                       {"MARQUEE_AUTH_PROVIDER_SECRETS", secrets}})));
}

constexpr char kGoogle[] =
    R"({"id":"google","name":"Google","issuer":"https://accounts.google.com","client_id":"marquee"})";
const std::string kGoogleSecret = "google:GOCSPX-sesame-sesame";

TEST(Config, TakesSeveralProviders) {
  EXPECT_TRUE(WithProviders("", "")->providers.empty());
  const auto config = WithProviders(
      "[" + std::string(kGoogle) +
          R"(,{"id":"corp","name":"Our own","issuer":"https://id.corp.example/realms/all/",)"
          R"("client_id":"m","scope":"openid groups"}])",
      "corp:sesame:open:sesame:open\n" + kGoogleSecret + "\n");
  ASSERT_TRUE(config.ok()) << config.error().message;
  ASSERT_EQ(config->providers.size(), 2U);
  EXPECT_EQ(config->providers[0].client_secret, "GOCSPX-sesame-sesame");
  EXPECT_EQ(config->providers[0].scope, "openid email profile");
  EXPECT_EQ(config->providers[1].client_secret, "sesame:open:sesame:open");
  EXPECT_EQ(config->providers[1].issuer, "https://id.corp.example/realms/all/");
}

TEST(Config, RefusesProvidersThatAreHalfToldOrUnsafe) {
  const auto with = [](const char* was, const char* becomes) {
    std::string text = kGoogle;
    return "[" + text.replace(text.find(was), std::string(was).size(), becomes) + "]";
  };
  for (const auto& providers :
       {std::string(kGoogle), std::string("[7]"), std::string("google"),
        "[" + std::string(kGoogle) + "," + kGoogle + "]", with("\"google\"", "\"Go ogle\""),
        with("\"google\"", "\"\""), with("\"Google\"", "\"\""), with("\"Google\"", "7"),
        with("https://accounts.google.com", "http://accounts.google.com"),
        with("https://accounts.google.com", "https://accounts.google.com/#a"),
        with("https://accounts.google.com", "https://accounts.google.com?a"),
        with("https://accounts.google.com", "https://me@accounts.google.com"),
        with("https://accounts.google.com", "accounts.google.com"), with("\"marquee\"", "\"\""),
        with("\"client_id\"", "\"client\""), with("\"id\"", "\"scope\":\"email\",\"id\"")}) {
    const auto config = WithProviders(providers, kGoogleSecret);
    ASSERT_FALSE(config.ok()) << providers;
    EXPECT_NE(config.error().message.find("MARQUEE_AUTH_PROVIDERS"), std::string::npos)
        << config.error().message;
  }
  EXPECT_TRUE(
      WithProviders(with("https://accounts.google.com", "http://127.0.0.1:3000"), kGoogleSecret)
          .ok())
      << "for trying out";
  const std::string one = "[" + std::string(kGoogle) + "]";
  for (const auto& secrets : {std::string(), std::string("google:short"), "corp:" + kGoogleSecret,
                              kGoogleSecret + "\n" + kGoogleSecret, std::string("google")}) {
    const auto config = WithProviders(one, secrets);
    ASSERT_FALSE(config.ok()) << secrets;
    EXPECT_NE(config.error().message.find("MARQUEE_AUTH_PROVIDER_SECRETS"), std::string::npos);
    EXPECT_EQ(config.error().message.find("sesame"), std::string::npos);
  }
  EXPECT_NE(WithProviders(one, kGoogleSecret, "").error().message.find("MARQUEE_AUTH_ISSUER"),
            std::string::npos);
}

TEST(Config, NamesEveryProblemAndNoSecret) {
  const auto config =
      Config::FromEnv(config::MapEnvironment({{"MARQUEE_AUTH_KEY_ENCRYPTION_SECRET", "hunter2"},
                                              {"MARQUEE_AUTH_BOOTSTRAP_SECRET", "swordfish"},
                                              {"MARQUEE_AUTH_SERVICE_SECRETS", "trainer:sesame"},
                                              {"MARQUEE_AUTH_HASHES_RUNNING", "0"}}));
  ASSERT_FALSE(config.ok());
  const std::string& text = config.error().message;
  for (const char* name : {"MARQUEE_POSTGRES_URI", "MARQUEE_AUTH_KEY_ENCRYPTION_SECRET",
                           "MARQUEE_AUTH_BOOTSTRAP_SECRET", "MARQUEE_AUTH_SERVICE_SECRETS",
                           "MARQUEE_AUTH_HASHES_RUNNING", "MARQUEE_AUTH_ERASURE_SERVICES"}) {
    EXPECT_NE(text.find(name), text.npos) << name << " in:\n" << text;
  }
  for (const char* secret : {"hunter2", "swordfish", "sesame"}) {
    EXPECT_EQ(text.find(secret), text.npos) << text;
  }
}

TEST(Config, TakesAnIssuerThatIsAHost) {
  const auto problem = [](const char* issuer) {
    const auto config = Config::FromEnv(
        config::MapEnvironment({{"MARQUEE_AUTH_ISSUER", issuer}, {"MARQUEE_LOG_LEVEL", "info"}}));
    return config.error().message.find("MARQUEE_AUTH_ISSUER") != std::string::npos;
  };
  for (const char* good :
       {"", "https://marquee.example.com", "http://127.0.0.1:8080", "https://[2001:db8::1]:8443"})
    EXPECT_FALSE(problem(good)) << good;
  for (const char* bad : {"marquee.example.com", "https://", "https://marquee.example.com/",
                          "https://marquee.example.com/a", "https://me@marquee.example.com",
                          "https://MARQUEE.example.com", "ftp://marquee.example.com"})
    EXPECT_TRUE(problem(bad)) << bad;
}

}  // namespace
}  // namespace marquee::auth
