// For integration tests: the Kafka that MARQUEE_TEST_KAFKA_BROKERS names.
#pragma once

#include <string>

#include "kafka/types.h"

namespace marquee::kafka {

// Throws std::runtime_error when the variable isn't set.
ClusterConfig TestCluster();
// Makes a topic with a random name; throws when it can't.
std::string MakeTestTopic(std::int32_t partitions);

}  // namespace marquee::kafka
