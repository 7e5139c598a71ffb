#include "ctl/clients/topics_file.h"

#include <gtest/gtest.h>

#include <sstream>

namespace marquee::ctl {
namespace {

Result<std::vector<WantedTopic>> Parse(const std::string& text) {
  std::istringstream stream(text);
  return ParseTopics(stream, "topics.txt", 6);
}

TEST(TopicsFile, ReadsNamesPartitionsAndSettings) {
  const auto topics = Parse(
      "# name partitions settings\r\n"
      "\r\n"
      "marquee.ratings.v1  RATINGS  retention.ms=1000  cleanup.policy=delete # kept\r\n"
      "models\t1");
  ASSERT_TRUE(topics.ok()) << topics.error().ToString();
  ASSERT_EQ(topics->size(), 2U);
  EXPECT_EQ((*topics)[0].line, 3);
  EXPECT_EQ((*topics)[0].spec.name, "marquee.ratings.v1");
  EXPECT_EQ((*topics)[0].spec.partitions, 6);
  EXPECT_EQ(
      (*topics)[0].spec.settings,
      (std::map<std::string, std::string>{{"retention.ms", "1000"}, {"cleanup.policy", "delete"}}));
  EXPECT_EQ((*topics)[1].line, 4);
  EXPECT_EQ((*topics)[1].spec.partitions, 1);
  EXPECT_TRUE((*topics)[1].spec.settings.empty());
}

TEST(TopicsFile, NamesTheWrongLineAndWhatIsWrong) {
  const std::pair<const char*, const char*> wrong[] = {
      {"a", "lacks its number of partitions"},
      {"a 0", "\"0\" partitions"},
      {"a -1", "\"-1\" partitions"},
      {"a 8x", "\"8x\" partitions"},
      {"a 100001", "\"100001\" partitions"},
      {"a ratings", "\"ratings\" partitions"},
      {"a/b 1", "\"a/b\" is no topic's name"},
      {".. 1", "\"..\" is no topic's name"},
      {"a 1 retention.ms", "\"retention.ms\" is no setting"},
      {"a 1 =5", "\"=5\" is no setting"},
      {"a 1 retention.ms=", "\"retention.ms=\" is no setting"},
      {"a 1 x=1 x=2", "has x twice"},
      {"fine 1", "topic fine is there twice"},
  };
  for (const auto& [line, what] : wrong) {
    const auto topics = Parse(std::string("fine 2\n\n") + line + "\n");
    ASSERT_FALSE(topics.ok()) << line;
    EXPECT_EQ(topics.error().reason, "topics_file_invalid");
    EXPECT_EQ(topics.error().message.find("topics.txt line 3: "), 0U) << topics.error().message;
    EXPECT_NE(topics.error().message.find(what), std::string::npos) << topics.error().message;
  }
}

TEST(TopicsFile, RefusesAFileWithoutTopicsOrNone) {
  EXPECT_EQ(Parse("# nothing\n").error().message, "topics.txt has no topics");
  EXPECT_EQ(ReadTopics("/nonexistent/topics.txt", 8).error().reason, "topics_file_missing");
  EXPECT_EQ(ReadTopics("/", 8).error().reason, "topics_file_missing");
}

TEST(TopicsFile, TheProjectsOwnHasTheDesignsTopics) {
  const auto topics = ReadTopics("deploy/kafka/topics.txt", 8);
  ASSERT_TRUE(topics.ok()) << topics.error().ToString();
  std::map<std::string, std::int32_t> counts;
  for (const auto& topic : *topics) counts[topic.spec.name] = topic.spec.partitions;
  EXPECT_EQ(counts, (std::map<std::string, std::int32_t>{{"marquee.ratings.v1", 8},
                                                         {"marquee.interactions.v1", 8},
                                                         {"marquee.models.v1", 1},
                                                         {"marquee.movies.v1", 1},
                                                         {"marquee.people.v1", 1},
                                                         {"marquee.erasures.v1", 1},
                                                         {"marquee.erasure-receipts.v1", 1},
                                                         {"marquee.dead-letters.v1", 1}}));
}

TEST(TopicDifferences, ComparesPartitionsAndOnlyTheSettingsThatAreWanted) {
  const kafka::TopicSpec wanted{"a", 8, {{"retention.ms", "1000"}, {"ratio", "0.10"}}};
  EXPECT_TRUE(
      Differences(
          wanted,
          {"a", 8, {{"retention.ms", "1000"}, {"ratio", "0.1"}, {"cleanup.policy", "compact"}}})
          .empty());
  const auto differences = Differences(wanted, {"a", 4, {{"retention.ms", "7"}}});
  EXPECT_EQ(differences,
            (std::vector<TopicDifference>{
                {"partitions", "8", "4"}, {"ratio", "0.10", ""}, {"retention.ms", "1000", "7"}}));
}

}  // namespace
}  // namespace marquee::ctl
