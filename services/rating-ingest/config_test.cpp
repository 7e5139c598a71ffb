#include "rating-ingest/config.h"

#include <gtest/gtest.h>

namespace marquee::rating_ingest {
namespace {

using Values = std::map<std::string, std::string>;

TEST(Config, IsBothFrontAndWriterUnlessTold) {
  Values values{{"MARQUEE_POSTGRES_URI", "postgresql://x/y"}};
  const auto both = Config::FromEnv(config::MapEnvironment(values));
  ASSERT_TRUE(both.ok()) << both.error().message;
  EXPECT_TRUE(both->front && both->writer);
  values["MARQUEE_RATING_INGEST_ROLES"] = "writer";
  const auto one = Config::FromEnv(config::MapEnvironment(values));
  EXPECT_TRUE(!one->front && one->writer);
}

TEST(Config, NamesWhatANameOfBeforeIsCalledNow) {
  const Values values{{"MARQUEE_POSTGRES_URI", "postgresql://x/y"},
                      {"MARQUEE_INGEST_LINGER_MS", "5"}};
  const auto bad = Config::FromEnv(config::MapEnvironment(values));
  ASSERT_FALSE(bad.ok());
  EXPECT_NE(bad.error().message.find(
                "MARQUEE_INGEST_LINGER_MS is called MARQUEE_RATING_INGEST_LINGER_MS now"),
            std::string::npos)
      << bad.error().message;
}

TEST(Config, ReportsEveryProblemTogether) {
  const Values values{{"MARQUEE_RATING_INGEST_ROLES", "front,reader"},
                      {"MARQUEE_RATING_INGEST_BATCH_MESSAGES", "none"}};
  const auto bad = Config::FromEnv(config::MapEnvironment(values));
  ASSERT_FALSE(bad.ok());
  for (const char* name : {"MARQUEE_POSTGRES_URI", "MARQUEE_RATING_INGEST_ROLES",
                           "MARQUEE_RATING_INGEST_BATCH_MESSAGES"}) {
    EXPECT_NE(bad.error().message.find(name), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace marquee::rating_ingest
