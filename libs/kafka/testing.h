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
// Makes a topic with a random name; throws when it can't.
std::string MakeTestTopic(std::int32_t partitions);

}  // namespace marquee::kafka
