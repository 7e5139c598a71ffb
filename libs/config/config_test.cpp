#include "config/config.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace marquee::config {
namespace {

TEST(Reader, ReportsEveryProblemTogetherAndByName) {
  const MapEnvironment environment(
      {{"PORT", "eighty"}, {"SIZE", "500"}, {"LISTEN", "nowhere"}, {"ON", "maybe"}});
  Reader reader(environment);
  reader.Int("PORT", 80, 1, 65535, "port");
  reader.Int("SIZE", 20, 1, 100, "page size");
  reader.Address("LISTEN", std::nullopt, "where to listen");
  reader.Bool("ON", false, "switch");
  reader.String("NAME", std::nullopt, "a name");
  const auto status = reader.Finish();
  ASSERT_FALSE(status.ok());
  for (const char* name : {"PORT", "SIZE", "LISTEN", "ON", "NAME"}) {
    EXPECT_NE(status.error().message.find(name), std::string::npos) << name;
  }
  EXPECT_NE(status.error().message.find("5 problems"), std::string::npos);
}

TEST(Reader, TakesValuesAndFallbacks) {
  const MapEnvironment environment({{"A", "7"}, {"B", ""}, {"C", "127.0.0.1:0"}});
  Reader reader(environment);
  EXPECT_EQ(reader.Int("A", std::nullopt, 0, 10, "a"), 7);
  EXPECT_EQ(reader.String("B", "fallback", "b"), "fallback");
  EXPECT_EQ(reader.Address("C", std::nullopt, "c"), "127.0.0.1:0");
  EXPECT_EQ(reader.Double("D", 0.5, 0, 1, "d"), 0.5);
  EXPECT_TRUE(reader.Finish().ok());
}

TEST(Reader, ReadsASecretFromAFileAndNeverShowsIt) {
  const std::string path = testing::TempDir() + "/marquee_secret";
  std::ofstream(path) << "hush\n";
  const MapEnvironment environment({{"KEY_FILE", path}, {"GONE_FILE", path + ".gone"}});
  Reader reader(environment);
  EXPECT_EQ(reader.Secret("KEY", std::nullopt, "a key"), "hush");
  reader.Secret("GONE", std::nullopt, "another");
  const auto status = reader.Finish();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message.find("hush"), std::string::npos);
  EXPECT_NE(status.error().message.find("GONE_FILE"), std::string::npos);
}

// Everything is listed though nothing is set: the required, secrets, and once only.
TEST(AnswerArguments, ListsWhatIsReadAsJson) {
  const auto read = [](const Environment& environment) -> Status {
    Reader reader(environment);
    reader.Secret("KEY", std::nullopt, "a \"key\"");
    reader.Secret("SALT", "", "some salt");
    reader.Int("SIZE", 20, 1, 100, "page size");
    reader.Int("SIZE", 20, 1, 100, "page size");
    return reader.Finish();
  };
  std::string program = "program";
  std::string option = "--config-reference";
  char* arguments[] = {program.data(), option.data(), option.data()};
  testing::internal::CaptureStdout();
  EXPECT_EQ(AnswerArguments(2, arguments, read), 0);
  const auto list = nlohmann::json::parse(testing::internal::GetCapturedStdout());
  EXPECT_EQ(list, nlohmann::json::parse(R"json([
    {"name": "KEY", "help": "a \"key\"", "default": "(required)"},
    {"name": "SALT", "help": "some salt", "default": "(empty)"},
    {"name": "SIZE", "help": "page size", "default": "20"}])json"));
  EXPECT_EQ(AnswerArguments(1, arguments, read), std::nullopt);
  EXPECT_EQ(AnswerArguments(3, arguments, read), 2);
  arguments[1] = program.data();
  EXPECT_EQ(AnswerArguments(2, arguments, read), 2);
}

}  // namespace
}  // namespace marquee::config
