#include "recommender/config.h"

#include <gtest/gtest.h>

namespace marquee::recommender {
namespace {

TEST(Config, NeedsNothingButItsSecret) {
  const config::MapEnvironment environment(
      std::map<std::string, std::string>{{"MARQUEE_SERVICE_SECRET", "s3cret"}});
  const auto config = Config::FromEnv(environment);
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->service_secret, "s3cret");
  EXPECT_EQ(config->histories.read_wait, std::chrono::milliseconds{1000});
  EXPECT_EQ(config->champions.cache_dir, config->registry.cache_dir);
}

TEST(Config, TellsEveryProblemAtOnce) {
  const config::MapEnvironment environment({
      {"MARQUEE_RECOMMENDER_READ_WAIT_MS", "-1"},
      {"MARQUEE_RECOMMENDER_HISTORY_CACHE_BYTES", "lots"},
      {"MARQUEE_RATING_INGEST_ADDRESS", "nowhere"},
  });
  const auto config = Config::FromEnv(environment);
  ASSERT_FALSE(config.ok());
  for (const char* name :
       {"MARQUEE_RECOMMENDER_READ_WAIT_MS", "MARQUEE_RECOMMENDER_HISTORY_CACHE_BYTES",
        "MARQUEE_RATING_INGEST_ADDRESS", "MARQUEE_SERVICE_SECRET"}) {
    EXPECT_NE(config.error().message.find(name), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace marquee::recommender
