// Following people's topic on a real Kafka.
#include <gtest/gtest.h>

#include "kafka/producer.h"
#include "kafka/testing.h"
#include "people/people_feed.h"

namespace marquee::people {
namespace {

Time Soon() { return SystemClock().Now() + std::chrono::seconds{60}; }

Caller Person(std::int64_t user_id) {
  Caller caller;
  caller.user_id = user_id;
  caller.subject = std::to_string(user_id);
  caller.roles = {"user", "administrator"};
  caller.token_issued_at = SystemClock().Now() - std::chrono::minutes{5};
  return caller;
}

TEST(PeopleFeed, HearsOfChangesFromBeforeItBeganAndAfter) {
  const std::string topic = kafka::MakeTestTopic(1);
  kafka::Producer producer({.cluster = kafka::TestCluster()});
  metrics::Metrics metrics;
  const auto tell = [&](const PersonChange& change) {
    return *producer.Produce({.topic = topic, .key = KeyOf(change), .value = Encode(change)},
                             Soon());
  };
  tell({.user_id = 7, .changed_at = SystemClock().Now(), .deleted = true});
  *producer.Produce({.topic = topic, .key = "7", .value = "nonsense"}, Soon());
  const PeopleFeed feed(kafka::TestCluster(), SystemClock(), metrics, "test", topic);
  const auto check = feed.check();
  ASSERT_TRUE(feed.WaitFor(
      tell({.user_id = 8, .changed_at = SystemClock().Now(), .roles = {"user"}}), Soon()));
  EXPECT_EQ(check({Soon(), Person(7)}).error().reason, "token_revoked");
  EXPECT_EQ(check({Soon(), Person(8)})->roles, std::vector<std::string>{"user"});
  EXPECT_EQ(check({Soon(), Person(9)})->roles, Person(9).roles);
  EXPECT_NE(metrics.Text().find("marquee_test_people_log_undecodable_total 1"), std::string::npos);
  EXPECT_NE(metrics.Text().find("marquee_test_people_log_lag_messages 0"), std::string::npos);
}

TEST(PeopleFeed, HearsOfSessionsThatEndAndOfDisabledAccounts) {
  const std::string topic = kafka::MakeTestTopic(1);
  kafka::Producer producer({.cluster = kafka::TestCluster()});
  metrics::Metrics metrics;
  const PeopleFeed feed(kafka::TestCluster(), SystemClock(), metrics, "test", topic);
  const auto check = feed.check();
  auto here = Person(7);
  here.session_id = "here";
  auto there = Person(7);
  there.session_id = "there";
  EXPECT_TRUE(check({Soon(), there}).ok());
  const auto tell = [&](const PersonChange& change) {
    return *producer.Produce({.topic = topic, .key = KeyOf(change), .value = Encode(change)},
                             Soon());
  };
  ASSERT_TRUE(feed.WaitFor(
      tell({.user_id = 7, .changed_at = SystemClock().Now(), .ended_session = "there"}), Soon()));
  EXPECT_EQ(check({Soon(), there}).error().reason, "token_revoked");
  EXPECT_TRUE(check({Soon(), here}).ok());
  ASSERT_TRUE(feed.WaitFor(
      tell({.user_id = 7, .changed_at = SystemClock().Now(), .disabled = true}), Soon()));
  EXPECT_EQ(check({Soon(), here}).error().reason, "account_disabled");
  EXPECT_EQ(check({Soon(), there}).error().reason, "token_revoked");
}

TEST(PeopleFeed, BelievesTokensAndSaysSoWithoutKafka) {
  kafka::ClusterConfig nowhere = kafka::TestCluster();
  nowhere.brokers = "127.0.0.1:1";
  metrics::Metrics metrics;
  const PeopleFeed feed(nowhere, SystemClock(), metrics, "test", "nothing");
  EXPECT_EQ(feed.check()({Soon(), Person(7)})->roles, Person(7).roles);
  EXPECT_NE(metrics.Text().find("marquee_test_people_log_lag_messages Nan"), std::string::npos)
      << metrics.Text();
}

}  // namespace
}  // namespace marquee::people
