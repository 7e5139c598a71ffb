#include "kafka/admin.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <stdexcept>

#include "kafka/internal.h"

namespace marquee::kafka {
namespace {

constexpr int kMostPatience = 60'000;  // ms that one request may take

// librdkafka's types with their destroyers.
template <auto destroy>
struct Destroy {
  template <typename T>
  void operator()(T* pointer) const {
    destroy(pointer);
  }
};
using EventPtr = std::unique_ptr<rd_kafka_event_t, Destroy<rd_kafka_event_destroy>>;
using QueuePtr = std::unique_ptr<rd_kafka_queue_t, Destroy<rd_kafka_queue_destroy>>;
using OptionsPtr = std::unique_ptr<rd_kafka_AdminOptions_t, Destroy<rd_kafka_AdminOptions_destroy>>;
using NewTopicPtr = std::unique_ptr<rd_kafka_NewTopic_t, Destroy<rd_kafka_NewTopic_destroy>>;
using ResourcePtr =
    std::unique_ptr<rd_kafka_ConfigResource_t, Destroy<rd_kafka_ConfigResource_destroy>>;

Error ToError(rd_kafka_resp_err_t code, const char* words) {
  const std::string text = words != nullptr ? words : rd_kafka_err2str(code);
  switch (static_cast<int>(code)) {
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS: return Error::AlreadyExists("topic_exists", text);
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART: return Error::NotFound("topic_unknown", text);
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_INVALID_REQUEST:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION: return Error::InvalidArgument("topic_invalid", text);
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return Error::PermissionDenied("kafka_denied", text);
    default: return Unavailable(text);
  }
}

// Hears why brokers can't be reached, which a timed-out request doesn't tell.
class Complaints final : public RdKafka::EventCb {
 public:
  void event_cb(RdKafka::Event& event) override {
    if (event.type() != RdKafka::Event::EVENT_ERROR) return;
    if (event.err() == RdKafka::ERR__ALL_BROKERS_DOWN) return;  // says nothing of the reason
    last_ = event.str();
  }
  std::string Last() const { return last_.empty() ? "no answer in time" : last_; }

 private:
  std::string last_;  // told during poll(), so by the only thread
};

}  // namespace

class Admin::Impl {
 public:
  explicit Impl(const ClusterConfig& cluster) : brokers_(cluster.brokers) {
    Conf conf(cluster);
    conf.SetCallback<RdKafka::EventCb>("event_cb", &complaints_);
    std::string error;
    client_.reset(RdKafka::Producer::create(conf.get(), error));
    if (client_ == nullptr) throw std::invalid_argument(error);
  }

  Status WaitForBrokers(int least, Time deadline) {
    std::size_t there = 0;
    for (;;) {
      const int patience = MillisecondsLeft(deadline, 500);
      if (const auto metadata = Metadata(patience); metadata.ok()) {
        there = (*metadata)->brokers()->size();
        if (there >= static_cast<std::size_t>(least)) return {};
      }
      client_->poll(patience == 0 ? 0 : 50);
      if (patience == 0) break;
    }
    if (there > 0) {
      return Unavailable("only " + std::to_string(there) + " of " + std::to_string(least) +
                         " brokers are there by " + brokers_);
    }
    return Unavailable(brokers_ + ": " + complaints_.Last());
  }

  Result<std::map<std::string, std::int32_t>> Topics(Time deadline) {
    const auto metadata = Metadata(MillisecondsLeft(deadline, kMostPatience));
    if (!metadata.ok()) return metadata.error();
    std::map<std::string, std::int32_t> counts;
    for (const auto* topic : *(*metadata)->topics())
      counts[topic->topic()] = static_cast<std::int32_t>(topic->partitions()->size());
    return counts;
  }

  Result<std::map<std::string, std::string>> Settings(const std::string& topic, Time deadline) {
    const ResourcePtr resource(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
    rd_kafka_ConfigResource_t* asked = resource.get();
    const auto options = Options(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, deadline);
    const QueuePtr queue(rd_kafka_queue_new(client_->c_ptr()));
    rd_kafka_DescribeConfigs(client_->c_ptr(), &asked, 1, options.get(), queue.get());
    ASSIGN_OR_RETURN(const EventPtr event, Answer(queue.get(), deadline));
    std::size_t count = 0;
    const auto** found = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event.get()), &count);
    if (count == 0) return Unavailable("an empty answer");
    if (const auto code = rd_kafka_ConfigResource_error(found[0]);
        code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return ToError(code, rd_kafka_ConfigResource_error_string(found[0]));
    std::map<std::string, std::string> settings;
    const auto** entries = rd_kafka_ConfigResource_configs(found[0], &count);
    for (std::size_t i = 0; i < count; ++i) {
      const char* value = rd_kafka_ConfigEntry_value(entries[i]);
      settings[rd_kafka_ConfigEntry_name(entries[i])] = value != nullptr ? value : "";
    }
    return settings;
  }

  std::vector<Status> Create(const std::vector<TopicSpec>& topics, int replication_factor,
                             Time deadline) {
    std::vector<Status> statuses(topics.size());
    std::vector<NewTopicPtr> owned;
    std::vector<rd_kafka_NewTopic_t*> wanted;
    std::map<std::string, std::size_t> index;
    for (std::size_t i = 0; i < topics.size(); ++i) {
      char text[256];
      NewTopicPtr topic(rd_kafka_NewTopic_new(topics[i].name.c_str(), topics[i].partitions,
                                              replication_factor, text, sizeof text));
      if (topic == nullptr) {
        statuses[i] = Error::InvalidArgument("topic_invalid", text);
        continue;
      }
      for (const auto& [name, value] : topics[i].settings)
        rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
      // Until the broker tells otherwise.
      statuses[i] = Unavailable("no answer for this topic");
      index[topics[i].name] = i;
      wanted.push_back(topic.get());
      owned.push_back(std::move(topic));
    }
    if (wanted.empty()) return statuses;
    const auto options = Options(RD_KAFKA_ADMIN_OP_CREATETOPICS, deadline);
    const QueuePtr queue(rd_kafka_queue_new(client_->c_ptr()));
    rd_kafka_CreateTopics(client_->c_ptr(), wanted.data(), wanted.size(), options.get(),
                          queue.get());
    const auto event = Answer(queue.get(), deadline);
    if (!event.ok()) {
      for (const auto& [name, i] : index) statuses[i] = event.error();
      return statuses;
    }
    std::size_t count = 0;
    const auto** results = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event->get()), &count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto code = rd_kafka_topic_result_error(results[i]);
      auto& status = statuses[index.at(rd_kafka_topic_result_name(results[i]))];
      status = code == RD_KAFKA_RESP_ERR_NO_ERROR
                   ? Status()
                   : ToError(code, rd_kafka_topic_result_error_string(results[i]));
    }
    return statuses;
  }

 private:
  Result<std::unique_ptr<RdKafka::Metadata>> Metadata(int patience) {
    RdKafka::Metadata* raw = nullptr;
    const auto code = client_->metadata(true, nullptr, &raw, patience);
    std::unique_ptr<RdKafka::Metadata> metadata(raw);
    if (code != RdKafka::ERR_NO_ERROR) return Unavailable(RdKafka::err2str(code));
    return metadata;
  }

  OptionsPtr Options(rd_kafka_admin_op_t operation, Time deadline) {
    OptionsPtr options(rd_kafka_AdminOptions_new(client_->c_ptr(), operation));
    const int patience = std::max(1, MillisecondsLeft(deadline, kMostPatience));
    char text[256];
    rd_kafka_AdminOptions_set_request_timeout(options.get(), patience, text, sizeof text);
    if (operation == RD_KAFKA_ADMIN_OP_CREATETOPICS)
      rd_kafka_AdminOptions_set_operation_timeout(options.get(), patience, text, sizeof text);
    return options;
  }

  Result<EventPtr> Answer(rd_kafka_queue_t* queue, Time deadline) {
    EventPtr event(rd_kafka_queue_poll(queue, MillisecondsLeft(deadline, kMostPatience)));
    client_->poll(0);
    if (event == nullptr) return Unavailable(brokers_ + ": " + complaints_.Last());
    if (const auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return ToError(code, rd_kafka_event_error_string(event.get()));
    return event;
  }

  const std::string brokers_;
  Complaints complaints_;
  std::unique_ptr<RdKafka::Producer> client_;
};

Admin::Admin(const ClusterConfig& cluster) : impl_(std::make_unique<Impl>(cluster)) {}
Admin::~Admin() = default;
Status Admin::WaitForBrokers(int least, Time deadline) {
  return impl_->WaitForBrokers(least, deadline);
}
Result<std::map<std::string, std::int32_t>> Admin::Topics(Time deadline) {
  return impl_->Topics(deadline);
}
Result<std::map<std::string, std::string>> Admin::Settings(const std::string& topic,
                                                           Time deadline) {
  return impl_->Settings(topic, deadline);
}
std::vector<Status> Admin::Create(const std::vector<TopicSpec>& topics, int replication_factor,
                                  Time deadline) {
  return impl_->Create(topics, replication_factor, deadline);
}

}  // namespace marquee::kafka
