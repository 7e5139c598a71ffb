#include "rating_ingest/config.h"

#include <gtest/gtest.h>

namespace marquee::rating_ingest {
namespace {

using Values = std::map<std::string, std::string>;

TEST(Config, IsBothFrontAndWriterUnlessTold) {
  Values values{{"MARQUEE_POSTGRES_URI", "postgresql://x/y"}};
  const auto both = Config::FromEnv(config::MapEnvironment(values));
  ASSERT_TRUE(both.ok()) << both.error().message;
  EXPECT_TRUE(both->front && both->writer);
  values["MARQUEE_INGEST_ROLES"] = "writer";
  const auto one = Config::FromEnv(config::MapEnvironment(values));
  EXPECT_TRUE(!one->front && one->writer);
}

TEST(Config, ReportsEveryProblemTogether) {
  const Values values{{"MARQUEE_INGEST_ROLES", "front,reader"},
                      {"MARQUEE_INGEST_BATCH_MESSAGES", "none"}};
  const auto bad = Config::FromEnv(config::MapEnvironment(values));
  ASSERT_FALSE(bad.ok());
  for (const char* name :
       {"MARQUEE_POSTGRES_URI", "MARQUEE_INGEST_ROLES", "MARQUEE_INGEST_BATCH_MESSAGES"}) {
    EXPECT_NE(bad.error().message.find(name), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace marquee::rating_ingest
