#include "kafka/testing.h"

#include <stdexcept>

#include "base/uuid.h"
#include "config/config.h"
#include "kafka/admin.h"

namespace marquee::kafka {

ClusterConfig TestCluster() {
  const auto brokers = config::SystemEnvironment().Get("MARQUEE_TEST_KAFKA_BROKERS");
  if (!brokers)
    throw std::runtime_error("MARQUEE_TEST_KAFKA_BROKERS isn't set: see deploy/local/infra");
  return {.brokers = *brokers, .client_id = "test"};
}

Status CreateTopic(const ClusterConfig& cluster, const std::string& topic, std::int32_t partitions,
                   Time deadline) {
  auto status = Admin(cluster).Create({{topic, partitions}}, 1, deadline).front();
  if (!status.ok() && status.error().code == Code::kAlreadyExists) return {};
  return status;
}

std::string MakeTestTopic(std::int32_t partitions) {
  const auto topic = "test-" + Uuid::V7(SystemClock().Now()).ToString();
  const auto status =
      CreateTopic(TestCluster(), topic, partitions, SystemClock().Now() + std::chrono::seconds(20));
  if (!status.ok()) throw std::runtime_error(status.error().ToString());
  return topic;
}

}  // namespace marquee::kafka
