#include "catalog/config.h"

#include <gtest/gtest.h>

namespace marquee::catalog {
namespace {

TEST(Config, HasDefaultsForAllButWhereThingsAre) {
  const auto config = Config::FromEnv(
      config::MapEnvironment({{"MARQUEE_POSTGRES_URI", "postgresql://catalog@db/catalog"},
                              {"MARQUEE_KAFKA_BROKERS", "kafka:9092"},
                              {"MARQUEE_AUTH_ADDRESS", "auth:9000"}}));
  ASSERT_TRUE(config.ok()) << config.error().ToString();
  EXPECT_EQ(config->database.uri, "postgresql://catalog@db/catalog");
  EXPECT_EQ(config->consumer.consumer.cluster.brokers, "kafka:9092");
  EXPECT_GT(config->prior_weight, 0);
}

TEST(Config, TellsAllProblemsAtOnce) {
  const auto config = Config::FromEnv(config::MapEnvironment(
      std::map<std::string, std::string>{{"MARQUEE_CATALOG_PRIOR_RATINGS", "many"}}));
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().code, Code::kInvalidArgument);
  for (const char* name : {"MARQUEE_POSTGRES_URI", "MARQUEE_CATALOG_PRIOR_RATINGS"}) {
    EXPECT_NE(config.error().message.find(name), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace marquee::catalog
