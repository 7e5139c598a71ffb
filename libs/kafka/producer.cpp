#include "kafka/producer.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <thread>

#include "base/acknowledgements.h"
#include "kafka/internal.h"

namespace marquee::kafka {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kWaitWhileDown{250};
constexpr std::chrono::seconds kCountGoodFor{60};
constexpr std::chrono::seconds kCountRetryAfter{5};

Steady::rep Now() { return Steady::now().time_since_epoch().count(); }

struct Pending {
  Producer::Report report;
};

// The services bound what a client may send far below it: a cluster that takes less is ours to
// mend.
Error TooLarge() {
  return Error::Internal("the event log's message.max.bytes is below what the service writes");
}

LogPosition PlaceAfter(RdKafka::Message& message) {
  const std::string_view key(static_cast<const char*>(message.key_pointer()), message.key_len());
  const std::string_view value(static_cast<const char*>(message.payload()), message.len());
  return {.partition = message.partition(),
          .next_offset = message.offset() + 1,
          .fingerprint = Fingerprint(message.timestamp().timestamp, key, value)};
}

class DeliveryReports final : public RdKafka::DeliveryReportCb {
 public:
  DeliveryReports(std::function<void()> reported, std::atomic<Steady::rep>& heard)
      : reported_(std::move(reported)), heard_(heard) {}

  void dr_cb(RdKafka::Message& message) override {
    const std::unique_ptr<Pending> pending(static_cast<Pending*>(message.msg_opaque()));
    switch (message.err()) {
      case RdKafka::ERR_NO_ERROR:
        heard_ = Now();
        pending->report(PlaceAfter(message));
        break;
      case RdKafka::ERR_MSG_SIZE_TOO_LARGE: pending->report(TooLarge()); break;
      default: pending->report(Unavailable(message.errstr()));
    }
    reported_();
  }

 private:
  std::function<void()> reported_;
  std::atomic<Steady::rep>& heard_;
};

}  // namespace

class Producer::Impl {
 public:
  explicit Impl(ProducerConfig config)
      : config_(std::move(config)),
        reports_([this] { Reported(); }, heard_),
        events_(config_.cluster.client_id, [this](RdKafka::ErrorCode code, bool fatal) {
          if (fatal) fatal_ = true;
          if (code == RdKafka::ERR__ALL_BROKERS_DOWN) down_since_ = Now();
        }) {
    current_ = Make();
    poller_ = std::jthread([this](const std::stop_token& stop) { Poll(stop); });
  }

  ~Impl() {
    Stop(SystemClock().Now() + config_.delivery_timeout);
    poller_.request_stop();
    poller_.join();
    // What is still unreported now never will be otherwise: fail it.
    Abandon(*current_);
  }

  void ProduceAsync(Outgoing message, Report report) {
    if (stopped_) {
      report(Error::Unavailable("kafka_unavailable", "the service is stopping; try again"));
      return;
    }
    auto pending = std::make_unique<Pending>(Pending{std::move(report)});
    std::unique_ptr<RdKafka::Headers> headers;
    if (!message.headers.empty()) {
      headers.reset(RdKafka::Headers::create());
      for (const auto& header : message.headers) headers->add(header.name, header.value);
    }
    ++queued_;
    RdKafka::ErrorCode code = RdKafka::ERR_NO_ERROR;
    {
      const std::shared_ptr<RdKafka::Producer> producer = Current();
      code = producer->produce(message.topic, RdKafka::Topic::PARTITION_UA,
                               RdKafka::Producer::RK_MSG_COPY,
                               message.tombstone ? nullptr : message.value.data(),
                               message.tombstone ? 0 : message.value.size(), message.key.data(),
                               message.key.size(), 0, headers.get(), pending.get());
    }
    if (code == RdKafka::ERR_NO_ERROR) {
      // Both now belong to librdkafka; the report gives the pending back.
      static_cast<void>(headers.release());
      static_cast<void>(pending.release());
      return;
    }
    if (code == RdKafka::ERR__FATAL) fatal_ = true;
    pending->report(Refusal(code));
    Reported();
  }

  // Reports may come after whoever waits has gone.
  std::shared_ptr<Acknowledgements> ProduceEach(std::vector<Outgoing> messages) {
    auto reports = std::make_shared<Acknowledgements>();
    for (auto& message : messages) {
      reports->Expect();
      ProduceAsync(std::move(message), [reports](const Result<LogPosition>& result) {
        reports->Report(result.ok() ? Status() : result.error());
      });
    }
    return reports;
  }

  Result<LogPosition> Produce(Outgoing message, Time deadline) {
    const auto reported = std::make_shared<std::promise<Result<LogPosition>>>();
    auto result = reported->get_future();
    ProduceAsync(std::move(message), [reported](Result<LogPosition> position) {
      reported->set_value(std::move(position));
    });
    // While no broker can be reached callers aren't kept waiting: they hold threads.
    const auto most = Down() ? kWaitWhileDown : config_.delivery_timeout + std::chrono::seconds(1);
    const int limit = MillisecondsLeft(deadline, static_cast<int>(most.count()));
    if (result.wait_for(std::chrono::milliseconds(limit)) != std::future_status::ready) {
      return Unavailable("no acknowledgement in time");
    }
    return result.get();
  }

  // The poller serves the reports, and the linger is short: waiting is all there is to do.
  Status Flush(Time deadline) {
    std::unique_lock lock(drained_mutex_);
    while (queued_ > 0) {
      const int left = MillisecondsLeft(deadline, 1'000);
      if (left == 0) {
        return Error::DeadlineExceeded("kafka_unavailable", "the event log took too long");
      }
      drained_.wait_for(lock, std::chrono::milliseconds(left));
    }
    return {};
  }

  Result<std::int32_t> PartitionCount(const std::string& topic, Time deadline) {
    std::optional<std::int32_t> known;
    {
      const std::lock_guard lock(counts_mutex_);
      const auto found = counts_.find(topic);
      if (found != counts_.end()) {
        if (Steady::now() < found->second.until) return found->second.count;
        known = found->second.count;
      }
    }
    // Partitions of a topic don't go away: what was true a minute ago still is while Kafka is away,
    // and nobody waits for it.
    const Time soon = SystemClock().Now() + kWaitWhileDown;
    const auto count =
        TopicPartitions(*Current(), topic, known ? std::min(deadline, soon) : deadline);
    if (!count.ok() && (!known || count.error().code != Code::kUnavailable)) return count.error();
    if (count.ok()) heard_ = Now();
    const std::lock_guard lock(counts_mutex_);
    counts_[topic] = {count.ok() ? *count : *known,
                      Steady::now() + (count.ok() ? kCountGoodFor : kCountRetryAfter)};
    return counts_[topic].count;
  }

  Result<Offsets> EndOffsets(const std::string& topic, Time deadline) {
    ASSIGN_OR_RETURN(const std::int32_t count, PartitionCount(topic, deadline));
    Offsets offsets;
    for (std::int32_t partition = 0; partition < count; ++partition) {
      ASSIGN_OR_RETURN(offsets[partition], EndOffset(topic, partition, deadline));
    }
    return offsets;
  }

  Result<std::int64_t> EndOffset(const std::string& topic, std::int32_t partition, Time deadline) {
    ASSIGN_OR_RETURN(const Bounds bounds, QueryBounds(*Current(), topic, partition, deadline));
    heard_ = Now();
    return bounds.high;
  }

  Status Health(const std::string& topic) {
    // Once: the brokers that lead the partitions, by a question that only they answer. librdkafka
    // connects to them when it must, and a name that is slow to resolve would then keep the first
    // messages waiting.
    if (!reached_) {
      const auto ends = EndOffsets(topic, SystemClock().Now() + std::chrono::milliseconds(400));
      if (!ends.ok()) return ends.error();
      reached_ = true;
      return {};
    }
    const auto fresh = Steady::now().time_since_epoch() - std::chrono::seconds(1);
    if (heard_ > std::chrono::duration_cast<Steady::duration>(fresh).count()) return {};
    const auto count =
        TopicPartitions(*Current(), topic, SystemClock().Now() + std::chrono::milliseconds(400));
    if (!count.ok()) return count.error();
    heard_ = Now();
    return {};
  }

  void Stop(Time deadline) {
    if (stopped_.exchange(true)) return;
    static_cast<void>(Flush(deadline).ok());
  }

  std::int64_t queued() const { return queued_; }

 private:
  bool Down() const { return down_since_ > heard_; }

  void Reported() {
    if (--queued_ > 0) return;
    const std::lock_guard lock(drained_mutex_);
    drained_.notify_all();
  }

  std::shared_ptr<RdKafka::Producer> Make() {
    Conf conf(config_.cluster);
    conf.Set("enable.idempotence", "true");
    conf.Set("acks", "all");
    conf.Set("partitioner", "murmur2_random");
    conf.Set("compression.codec", config_.compression);
    conf.Set("linger.ms", std::to_string(config_.linger.count()));
    conf.Set("message.timeout.ms", std::to_string(config_.delivery_timeout.count()));
    conf.Set("queue.buffering.max.messages", std::to_string(config_.queue_messages));
    conf.Set("queue.buffering.max.kbytes", std::to_string(config_.queue_kbytes));
    conf.Set("batch.size", "262144");
    conf.Set("topic.metadata.refresh.interval.ms", "60000");
    conf.SetCallback<RdKafka::DeliveryReportCb>("dr_cb", &reports_);
    conf.SetCallback<RdKafka::EventCb>("event_cb", &events_);
    std::string error;
    std::shared_ptr<RdKafka::Producer> producer(RdKafka::Producer::create(conf.get(), error));
    if (producer == nullptr) throw std::invalid_argument(error);
    return producer;
  }

  std::shared_ptr<RdKafka::Producer> Current() const {
    const std::lock_guard lock(current_mutex_);
    return current_;
  }

  static Error Refusal(RdKafka::ErrorCode code) {
    if (code == RdKafka::ERR__QUEUE_FULL) {
      return Error::Unavailable("kafka_queue_full", "too much waits for the event log; try again");
    }
    if (code == RdKafka::ERR_MSG_SIZE_TOO_LARGE) {
      return TooLarge();
    }
    return Unavailable(RdKafka::err2str(code));
  }

  void Poll(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto producer = Current();
      producer->poll(50);
      if (fatal_.exchange(false)) Replace();
    }
  }

  // An idempotent producer that met a fatal error refuses everything from then on.
  void Replace() {
    std::shared_ptr<RdKafka::Producer> old;
    try {
      auto fresh = Make();
      const std::lock_guard lock(current_mutex_);
      old = std::exchange(current_, std::move(fresh));
    } catch (const std::exception&) {
      fatal_ = true;  // again at the next poll
      return;
    }
    Abandon(*old);
  }

  // Fails what is queued: each report is called.
  static void Abandon(RdKafka::Producer& producer) {
    producer.purge(RdKafka::Producer::PURGE_QUEUE | RdKafka::Producer::PURGE_INFLIGHT);
    while (producer.outq_len() > 0) producer.poll(10);
  }

  const ProducerConfig config_;
  std::atomic<std::int64_t> queued_{0};
  std::atomic<Steady::rep> heard_{0};       // when a broker last answered
  std::atomic<Steady::rep> down_since_{0};  // when the last one was lost
  std::atomic<bool> fatal_{false};
  std::atomic<bool> reached_{false};  // the leaders, once
  std::atomic<bool> stopped_{false};
  std::mutex drained_mutex_;
  std::condition_variable drained_;
  DeliveryReports reports_;
  EventCallback events_;
  mutable std::mutex current_mutex_;
  std::shared_ptr<RdKafka::Producer> current_;
  struct Count {
    std::int32_t count = 0;
    Steady::time_point until{};  // asked again after this
  };
  std::mutex counts_mutex_;
  std::map<std::string, Count> counts_;
  std::jthread poller_;
};

Producer::Producer(ProducerConfig config) : impl_(std::make_unique<Impl>(std::move(config))) {}
Producer::~Producer() = default;
void Producer::ProduceAsync(Outgoing message, Report report) {
  impl_->ProduceAsync(std::move(message), std::move(report));
}
Result<LogPosition> Producer::Produce(Outgoing message, Time deadline) {
  return impl_->Produce(std::move(message), deadline);
}
Status Producer::ProduceAll(std::vector<Outgoing> messages) {
  const auto reports = impl_->ProduceEach(std::move(messages));
  reports->WaitForAll();
  return reports->failure();
}
Status Producer::ProduceAll(std::vector<Outgoing> messages, Time deadline, const Error& late) {
  const auto reports = impl_->ProduceEach(std::move(messages));
  if (!reports->WaitForAtMost(0, deadline)) return late;
  return reports->failure();
}
Status Producer::Flush(Time deadline) { return impl_->Flush(deadline); }
Result<std::int32_t> Producer::PartitionCount(const std::string& topic, Time deadline) {
  return impl_->PartitionCount(topic, deadline);
}
Result<Offsets> Producer::EndOffsets(const std::string& topic, Time deadline) {
  return impl_->EndOffsets(topic, deadline);
}
Result<std::int64_t> Producer::EndOffset(const std::string& topic, std::int32_t partition,
                                         Time deadline) {
  return impl_->EndOffset(topic, partition, deadline);
}
Status Producer::Health(const std::string& topic) { return impl_->Health(topic); }
void Producer::Stop(Time deadline) { impl_->Stop(deadline); }
std::int64_t Producer::queued() const { return impl_->queued(); }

}  // namespace marquee::kafka
