#include "auth/config.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace marquee::auth
