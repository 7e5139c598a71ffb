#include <gtest/gtest.h>

#include "config/config.h"
#include "kafka/admin.h"
#include "kafka/producer.h"
#include "kafka/types.h"

namespace marquee::kafka {
namespace {

// Vectors of org.apache.kafka.common.utils.UtilsTest.testMurmur2, through toPositive() % count.
TEST(PartitionFor, AgreesWithTheJavaClient) {
  constexpr std::int32_t kMany = 1'000'003;
  const std::pair<std::string, std::int32_t> vectors[] = {
      {"21", -973932308},
      {"foobar", -790332482},
      {"a-little-bit-long-string", -985981536},
      {"a-little-bit-longer-string", -1486304829},
      {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
      {"abc", 479470107},
  };
  for (const auto& [key, hash] : vectors) {
    EXPECT_EQ(PartitionFor(key, kMany), (hash & 0x7fffffff) % kMany) << key;
    EXPECT_EQ(PartitionFor(key, 1), 0);
  }
}

TEST(Producer, RefusesAWrongPropertyAtStart) {
  EXPECT_THROW(Producer({.cluster = {.properties = {{"no.such.property", "1"}}}}),
               std::invalid_argument);
}

ClusterConfig ReadCluster(std::map<std::string, std::string> variables, std::string& problems) {
  const config::MapEnvironment environment(std::move(variables));
  config::Reader reader(environment);
  auto cluster = ClusterConfig::Read(reader, "test");
  const auto status = reader.Finish();
  problems = status.ok() ? "" : status.error().message;
  return cluster;
}

TEST(ClusterConfig, IsPlainUnlessToldOtherwise) {
  std::string problems;
  const auto cluster = ReadCluster({{"MARQUEE_KAFKA_BROKERS", "a:1,b:2"}}, problems);
  EXPECT_EQ(problems, "");
  EXPECT_EQ(cluster.brokers, "a:1,b:2");
  EXPECT_EQ(cluster.client_id, "test");
  EXPECT_TRUE(cluster.properties.empty());
}

// librdkafka itself takes what is made of the variables.
TEST(ClusterConfig, TurnsSaslOverTlsIntoPropertiesThatAClientTakes) {
  std::string problems;
  const auto cluster = ReadCluster({{"MARQUEE_KAFKA_BROKERS", "127.0.0.1:1"},
                                    {"MARQUEE_KAFKA_SECURITY_PROTOCOL", "sasl_ssl"},
                                    {"MARQUEE_KAFKA_SASL_MECHANISM", "SCRAM-SHA-256"},
                                    {"MARQUEE_KAFKA_SASL_USERNAME", "marquee"},
                                    {"MARQUEE_KAFKA_SASL_PASSWORD", "hush"}},
                                   problems);
  EXPECT_EQ(problems, "");
  EXPECT_EQ(cluster.properties,
            (std::map<std::string, std::string>{{"security.protocol", "sasl_ssl"},
                                                {"sasl.mechanism", "SCRAM-SHA-256"},
                                                {"sasl.username", "marquee"},
                                                {"sasl.password", "hush"}}));
  EXPECT_NO_THROW(Admin{cluster});
}

TEST(ClusterConfig, NamesEveryProblemOfItsSecurityAndNoPassword) {
  std::string problems;
  ReadCluster({{"MARQUEE_KAFKA_SECURITY_PROTOCOL", "tls"}}, problems);
  EXPECT_NE(problems.find("MARQUEE_KAFKA_SECURITY_PROTOCOL must be one of"), std::string::npos);
  ReadCluster({{"MARQUEE_KAFKA_SECURITY_PROTOCOL", "sasl_ssl"},
               {"MARQUEE_KAFKA_SASL_MECHANISM", "MAGIC"},
               {"MARQUEE_KAFKA_SASL_PASSWORD", "hush"},
               {"MARQUEE_KAFKA_TLS_KEY", "/key.pem"}},
              problems);
  for (const char* name :
       {"3 problems", "MARQUEE_KAFKA_SASL_MECHANISM must be one of", "MARQUEE_KAFKA_SASL_USERNAME",
        "MARQUEE_KAFKA_TLS_CERTIFICATE and MARQUEE_KAFKA_TLS_KEY go together"}) {
    EXPECT_NE(problems.find(name), std::string::npos) << name << " in " << problems;
  }
  EXPECT_EQ(problems.find("hush"), std::string::npos);
}

TEST(Admin, SaysWhichBrokerIsAwayAndWhy) {
  Admin admin({.brokers = "127.0.0.1:1"});
  const auto status = admin.WaitForBrokers(1, SystemClock().Now() + std::chrono::milliseconds(300));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().reason, "kafka_unavailable");
  EXPECT_NE(status.error().message.find("127.0.0.1:1"), std::string::npos);
  EXPECT_NE(status.error().message.find("refused"), std::string::npos) << status.error().message;
}

// Port 1 of loopback answers nobody.
TEST(Producer, FailsWithinTheDeadlineWhenKafkaIsAway) {
  Producer producer({.cluster = {.brokers = "127.0.0.1:1"}});
  const auto started = std::chrono::steady_clock::now();
  const auto result = producer.Produce({.topic = "t", .key = "1", .value = "v"},
                                       SystemClock().Now() + std::chrono::milliseconds(200));
  EXPECT_EQ(result.error().reason, "kafka_unavailable");
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(3));
  EXPECT_EQ(producer.queued(), 1);
  EXPECT_EQ(producer.Health("t").error().code, Code::kUnavailable);
  producer.Stop(SystemClock().Now());
  EXPECT_EQ(producer.Produce({.topic = "t", .key = "1", .value = "v"}, Time::max()).error().code,
            Code::kUnavailable);
}

TEST(Producer, WhatIsTooLargeForTheClusterIsNotTheCallersFault) {
  Producer producer({.cluster = {.brokers = "127.0.0.1:1"}});
  const auto refused =
      producer.Produce({.topic = "t", .key = "k", .value = std::string(2'000'000, 'x')},
                       SystemClock().Now() + std::chrono::seconds(10));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kInternal);
}

TEST(Producer, RefusesMoreThanItsQueueHolds) {
  int reported = 0;
  std::string last;  // outlives the producer, whose destruction reports too
  {
    Producer producer({.cluster = {.brokers = "127.0.0.1:1"}, .queue_messages = 10});
    for (int i = 0; i < 11; ++i) {
      producer.ProduceAsync({.topic = "t", .key = "1", .value = "v"},
                            [&](Result<LogPosition> result) {
                              ++reported;
                              last = result.error().reason;
                            });
    }
    EXPECT_EQ(reported, 1);
    EXPECT_EQ(last, "kafka_queue_full");
    producer.Stop(SystemClock().Now());
  }
  EXPECT_EQ(reported, 11);  // destruction reports the rest
}

}  // namespace
}  // namespace marquee::kafka
