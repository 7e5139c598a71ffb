// For integration tests: the Kafka that MARQUEE_TEST_KAFKA_BROKERS names.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "kafka/types.h"

namespace marquee::kafka {

// Throws std::runtime_error when the variable isn't set.
ClusterConfig TestCluster();
// OK when it exists already.
Status CreateTopic(const ClusterConfig& cluster, const std::string& topic, std::int32_t partitions,
                   Time deadline);
// Makes a topic with a random name; throws when it can't. So do the following.
std::string MakeTestTopic(std::int32_t partitions);
void DeleteTestTopic(const std::string& topic);
// Deletes the topic and makes it anew, which takes Kafka a moment.
void RemakeTestTopic(const std::string& topic, std::int32_t partitions);
// Deletes what is before the offset, as retention does.
void DeleteTestRecords(const std::string& topic, std::int32_t partition, std::int64_t before);
void GrowTestTopic(const std::string& topic, std::int32_t partitions);

}  // namespace marquee::kafka
