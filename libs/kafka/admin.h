// Setting a cluster up: which topics there are, what they are set to, and making those that are
// missing. Nothing here is for a service's handlers.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kafka/types.h"

namespace marquee::kafka {

struct TopicSpec {
  std::string name = {};
  std::int32_t partitions = 1;
  std::map<std::string, std::string> settings = {};  // Kafka's names: "retention.ms"
};

class Admin {
 public:
  explicit Admin(const ClusterConfig& cluster);  // std::invalid_argument for a wrong property
  ~Admin();

  // Waits until at least so many brokers are in the cluster. Unavailable "kafka_unavailable", with
  // the last thing that librdkafka complained about, when the deadline comes first.
  Status WaitForBrokers(int least, Time deadline);

  // The partition count of each topic there is.
  Result<std::map<std::string, std::int32_t>> Topics(Time deadline);

  // A topic's settings as they hold, those that it never changed included.
  Result<std::map<std::string, std::string>> Settings(const std::string& topic, Time deadline);

  // Makes the topics by one request; the answers are in the topics' order. AlreadyExists
  // "topic_exists", InvalidArgument "topic_invalid", PermissionDenied "kafka_denied", Unavailable
  // "kafka_unavailable", each with the broker's words.
  std::vector<Status> Create(const std::vector<TopicSpec>& topics, int replication_factor,
                             Time deadline);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace marquee::kafka
