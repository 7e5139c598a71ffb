#include "kafka/testing.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>

#include "base/uuid.h"
#include "config/config.h"
#include "kafka/admin.h"
#include "kafka/internal.h"

namespace marquee::kafka {
namespace {

constexpr std::chrono::seconds kPatience{30};

// Sends one request of librdkafka's admin API, and throws what the broker says against it.
void Administer(const std::function<void(rd_kafka_t*, rd_kafka_queue_t*)>& request) {
  Conf conf(TestCluster());
  std::string error;
  const std::unique_ptr<RdKafka::Producer> client(RdKafka::Producer::create(conf.get(), error));
  if (client == nullptr) throw std::runtime_error(error);
  const std::unique_ptr<rd_kafka_queue_t, decltype(&rd_kafka_queue_destroy)> queue(
      rd_kafka_queue_new(client->c_ptr()), rd_kafka_queue_destroy);
  request(client->c_ptr(), queue.get());
  const std::unique_ptr<rd_kafka_event_t, decltype(&rd_kafka_event_destroy)> event(
      rd_kafka_queue_poll(queue.get(), 30'000), rd_kafka_event_destroy);
  if (event == nullptr) throw std::runtime_error("Kafka doesn't answer");
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw std::runtime_error(rd_kafka_event_error_string(event.get()));
}

}  // namespace

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

void DeleteTestTopic(const std::string& topic) {
  Administer([&](rd_kafka_t* client, rd_kafka_queue_t* queue) {
    rd_kafka_DeleteTopic_t* one = rd_kafka_DeleteTopic_new(topic.c_str());
    rd_kafka_DeleteTopics(client, &one, 1, nullptr, queue);
    rd_kafka_DeleteTopic_destroy(one);
  });
}

void RemakeTestTopic(const std::string& topic, std::int32_t partitions) {
  DeleteTestTopic(topic);
  // Until the deletion is through, there is a topic of that name.
  const Time until = SystemClock().Now() + kPatience;
  for (;;) {
    const auto status = Admin(TestCluster()).Create({{topic, partitions}}, 1, until).front();
    if (status.ok()) return;
    if (status.error().code != Code::kAlreadyExists || SystemClock().Now() > until)
      throw std::runtime_error(status.error().ToString());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void DeleteTestRecords(const std::string& topic, std::int32_t partition, std::int64_t before) {
  Administer([&](rd_kafka_t* client, rd_kafka_queue_t* queue) {
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = before;
    rd_kafka_DeleteRecords_t* one = rd_kafka_DeleteRecords_new(list);
    rd_kafka_DeleteRecords(client, &one, 1, nullptr, queue);
    rd_kafka_DeleteRecords_destroy(one);
    rd_kafka_topic_partition_list_destroy(list);
  });
}

void GrowTestTopic(const std::string& topic, std::int32_t partitions) {
  Administer([&](rd_kafka_t* client, rd_kafka_queue_t* queue) {
    std::array<char, 256> text{};
    rd_kafka_NewPartitions_t* one = rd_kafka_NewPartitions_new(
        topic.c_str(), static_cast<std::size_t>(partitions), text.data(), text.size());
    rd_kafka_CreatePartitions(client, &one, 1, nullptr, queue);
    rd_kafka_NewPartitions_destroy(one);
  });
}

}  // namespace marquee::kafka
