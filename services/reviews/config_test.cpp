#include "reviews/config.h"

#include <gtest/gtest.h>

namespace marquee::reviews {
namespace {

TEST(Config, NamesEveryProblem) {
  const std::map<std::string, std::string> values = {{"MARQUEE_CATALOG_ADDRESS", "nowhere"}};
  const auto config = Config::FromEnv(config::MapEnvironment(values));
  ASSERT_FALSE(config.ok());
  for (const char* name :
       {"MARQUEE_POSTGRES_URI", "MARQUEE_AUTH_ADDRESS", "MARQUEE_CATALOG_ADDRESS"}) {
    EXPECT_NE(config.error().message.find(name), std::string::npos) << config.error().message;
  }
}

}  // namespace
}  // namespace marquee::reviews
