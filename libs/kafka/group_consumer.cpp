#include "kafka/group_consumer.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>

#include "base/backoff.h"
#include "kafka/internal.h"

namespace marquee::kafka {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int kPollMilliseconds = 100;
constexpr int kQueryMilliseconds = 2'000;

}  // namespace

// All of it but Stats() and Health() runs on one thread, the rebalance callback too (within
// consume()).
class GroupConsumer::Impl final : public RdKafka::RebalanceCb {
 public:
  Impl(GroupConsumerConfig config, BatchHandler& handler)
      : config_(std::move(config)),
        handler_(handler),
        events_(config_.cluster.client_id, [this](RdKafka::ErrorCode code, bool fatal) {
          if (fatal) fatal_ = true;
          if (code == RdKafka::ERR__ALL_BROKERS_DOWN) brokers_down_ = true;
        }) {
    consumer_ = Make();
    thread_ = std::jthread([this](const std::stop_token& stop) { Consume(stop); });
  }

  ~Impl() override { Stop(); }

  void Stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
  }

  GroupConsumerStats Stats() const {
    const std::lock_guard lock(stats_mutex_);
    return stats_;
  }

  Status Health() const {
    const std::lock_guard lock(stats_mutex_);
    return health_;
  }

 private:
  std::unique_ptr<RdKafka::KafkaConsumer> Make() {
    Conf conf(config_.cluster);
    conf.Set("group.id", config_.group);
    if (!config_.instance_id.empty()) conf.Set("group.instance.id", config_.instance_id);
    conf.Set("enable.auto.commit", "false");
    conf.Set("enable.auto.offset.store", "false");
    conf.Set("auto.offset.reset", "earliest");
    conf.Set("isolation.level", "read_committed");
    conf.Set("session.timeout.ms", std::to_string(config_.session_timeout.count()));
    conf.Set("heartbeat.interval.ms", std::to_string(config_.session_timeout.count() / 4));
    conf.Set("fetch.error.backoff.ms", "100");
    conf.Set("queued.max.messages.kbytes", "16384");
    conf.SetCallback<RdKafka::EventCb>("event_cb", &events_);
    conf.SetCallback<RdKafka::RebalanceCb>("rebalance_cb", this);
    std::string error;
    std::unique_ptr<RdKafka::KafkaConsumer> consumer(
        RdKafka::KafkaConsumer::create(conf.get(), error));
    if (consumer == nullptr) throw std::invalid_argument(error);
    return consumer;
  }

  void Consume(const std::stop_token& stop) {
    consumer_->subscribe({config_.topic});
    Backoff backoff(config_.min_backoff, config_.max_backoff);
    while (!stop.stop_requested()) {
      if (fatal_.exchange(false)) Recreate();
      Status status = Step(stop);
      if (status.ok()) {
        backoff.Reset();
        continue;
      }
      Suspend();
      SetHealth(status);
      if (status.error().reason == kOffsetsFenced) {
        Count([](auto& stats) { ++stats.fenced; });
      } else {
        Count([](auto& stats) { ++stats.failures; });
      }
      Wait(stop, backoff.Next());
    }
    consumer_->close();
  }

  // One turn: start the partitions that wait for their offsets, read a batch, apply it.
  Status Step(const std::stop_token& stop) {
    if (!waiting_.empty()) RETURN_IF_ERROR(StartReading());
    Batch batch = ReadBatch(stop);
    UpdateLag();
    if (std::exchange(out_of_step_, false))
      return Error::Aborted("log_gap", "offsets are missing in what was read");
    if (batch.empty() || stop.stop_requested()) {
      if (!assigned_.empty() && waiting_.empty() && !brokers_down_) SetHealth({});
      return brokers_down_ ? Status(Unavailable("no broker answers")) : Status();
    }
    Offsets expected;
    Offsets next;
    std::int64_t count = 0;
    for (const auto& [partition, messages] : batch) {
      expected[partition] = next_.at(partition);
      next[partition] = messages.back().offset + 1;
      count += static_cast<std::int64_t>(messages.size());
    }
    RETURN_IF_ERROR(handler_.Apply(batch, expected, next));
    for (const auto& [partition, offset] : next) next_[partition] = offset;
    SetHealth({});
    Count([count](auto& stats) {
      stats.messages += count;
      ++stats.batches;
    });
    return {};
  }

  // Nothing of ours makes gaps in the log, so one is read again before it is believed (a
  // transaction's marker or a deleted record, then). What comes before the stored offset would be
  // applied twice.
  bool Follows(const Batch& batch, RdKafka::Message& message, std::int64_t stored) {
    const auto read = batch.find(message.partition());
    const std::int64_t expected = read == batch.end()
                                      ? std::max(stored, first_[message.partition()])
                                      : read->second.back().offset + 1;
    if (message.offset() == expected) return true;
    if (message.offset() > expected && seen_gap_[message.partition()] == message.offset())
      return true;
    seen_gap_[message.partition()] = message.offset();
    out_of_step_ = true;
    return false;
  }

  Batch ReadBatch(const std::stop_token& stop) {
    Batch batch;
    int count = 0;
    auto until = Steady::now() + milliseconds(kPollMilliseconds);
    reading_ = &batch;
    while (count < config_.batch_messages && !stop.stop_requested()) {
      const auto left = std::chrono::ceil<milliseconds>(until - Steady::now());
      // What is already here is always taken.
      const std::unique_ptr<RdKafka::Message> message(
          consumer_->consume(static_cast<int>(std::max<std::int64_t>(0, left.count()))));
      if (message->err() == RdKafka::ERR_NO_ERROR) {
        brokers_down_ = false;
        const auto next = next_.find(message->partition());
        if (next == next_.end()) continue;  // taken away meanwhile
        if (!Follows(batch, *message, next->second)) break;
        if (count++ == 0) until = Steady::now() + config_.batch_wait;
        batch[message->partition()].push_back(ToMessage(*message));
        if (Steady::now() < until) continue;
        break;
      }
      if (message->err() == RdKafka::ERR__FATAL) fatal_ = true;
      if (Steady::now() >= until || fatal_ || !waiting_.empty()) break;
    }
    reading_ = nullptr;
    return batch;
  }

  void rebalance_cb(RdKafka::KafkaConsumer* consumer, RdKafka::ErrorCode code,
                    Partitions& partitions) override {
    brokers_down_ = false;
    next_.clear();
    assigned_.clear();
    waiting_.clear();
    // What was read of a partition that is taken away isn't applied: its new owner reads it.
    if (reading_ != nullptr) reading_->clear();
    Count([this](auto& stats) { stats.partitions.clear(); });
    if (code == RdKafka::ERR__ASSIGN_PARTITIONS) {
      for (const auto* one : partitions) assigned_.push_back(one->partition());
      waiting_ = assigned_;
      // The assignment is taken, but not read until the database has said from where: see
      // StartReading.
      consumer->assign({});
      Count([this](auto& stats) { stats.partitions = assigned_; });
      if (pausing_) return;
      if (Status status = StartReading(); !status.ok()) SetHealth(std::move(status));
    } else {
      consumer->unassign();
    }
  }

  // Asks the database where each assigned partition goes on, and reads from there.
  Status StartReading() {
    ASSIGN_OR_RETURN(const Offsets stored, handler_.LoadOffsets(assigned_));
    DestroyPartitions partitions;
    Offsets next;
    std::int64_t lost = 0;
    for (const std::int32_t partition : assigned_) {
      const std::int64_t offset = stored.at(partition);
      std::int64_t low = 0;
      std::int64_t high = 0;
      const auto code = consumer_->query_watermark_offsets(config_.topic, partition, &low, &high,
                                                           kQueryMilliseconds);
      if (code != RdKafka::ERR_NO_ERROR) return Unavailable(RdKafka::err2str(code));
      if (offset > high) {
        return Error::FailedPrecondition(
            "log_truncated", "partition " + std::to_string(partition) + " of " + config_.topic +
                                 " ends at " + std::to_string(high) +
                                 ", before the stored offset " + std::to_string(offset));
      }
      lost += std::max<std::int64_t>(0, low - offset);
      next[partition] = offset;
      first_[partition] = std::max(low, offset);
      partitions.list.push_back(
          RdKafka::TopicPartition::create(config_.topic, partition, std::max(low, offset)));
    }
    const auto code = consumer_->assign(partitions.list);
    if (code != RdKafka::ERR_NO_ERROR) return Unavailable(RdKafka::err2str(code));
    next_ = std::move(next);
    waiting_.clear();
    brokers_down_ = false;
    SetHealth({});
    if (lost > 0) Count([lost](auto& stats) { stats.lost += lost; });
    return {};
  }

  // Stops reading without leaving the group: the offsets will be loaded again.
  void Suspend() {
    next_.clear();
    waiting_ = assigned_;
    if (!assigned_.empty()) consumer_->assign({});
  }

  // Waits, and stays a member meanwhile.
  void Wait(const std::stop_token& stop, milliseconds pause) {
    const auto until = Steady::now() + pause;
    pausing_ = true;  // nothing may be read here: it would be dropped
    while (!stop.stop_requested() && Steady::now() < until && !fatal_) {
      const auto left = std::chrono::ceil<milliseconds>(until - Steady::now());
      const std::unique_ptr<RdKafka::Message> ignored(consumer_->consume(
          static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, kPollMilliseconds))));
    }
    pausing_ = false;
  }

  void Recreate() {
    next_.clear();
    assigned_.clear();
    waiting_.clear();
    consumer_->close();
    consumer_ = Make();
    consumer_->subscribe({config_.topic});
  }

  void UpdateLag() {
    std::int64_t lag = next_.empty() ? -1 : 0;
    for (const auto& [partition, next] : next_) {
      std::int64_t low = 0;
      std::int64_t high = 0;
      const auto code = consumer_->get_watermark_offsets(config_.topic, partition, &low, &high);
      if (code == RdKafka::ERR_NO_ERROR && high >= 0) lag += std::max<std::int64_t>(0, high - next);
    }
    Count([lag](auto& stats) { stats.lag = lag; });
  }

  void SetHealth(Status status) {
    const std::lock_guard lock(stats_mutex_);
    health_ = std::move(status);
  }

  template <typename Change>
  void Count(Change change) {
    const std::lock_guard lock(stats_mutex_);
    change(stats_);
  }

  const GroupConsumerConfig config_;
  BatchHandler& handler_;
  std::atomic<bool> fatal_{false};
  std::atomic<bool> brokers_down_{false};
  std::vector<std::int32_t> assigned_;  // what the group gave us
  std::vector<std::int32_t> waiting_;   // empty, or assigned_ while it isn't being read
  Offsets next_;                        // stored in the database, of the partitions being read
  Offsets first_;                       // where Kafka could start reading them, at or after next_
  Offsets seen_gap_;                    // the offset after the last gap met
  bool out_of_step_ = false;
  bool pausing_ = false;
  Batch* reading_ = nullptr;
  mutable std::mutex stats_mutex_;
  GroupConsumerStats stats_;
  Status health_ = Unavailable("not a member of the group yet");
  EventCallback events_;
  std::unique_ptr<RdKafka::KafkaConsumer> consumer_;
  std::jthread thread_;
};

GroupConsumer::GroupConsumer(GroupConsumerConfig config, BatchHandler& handler)
    : impl_(std::make_unique<Impl>(std::move(config), handler)) {}
GroupConsumer::~GroupConsumer() = default;
void GroupConsumer::Stop() { impl_->Stop(); }
GroupConsumerStats GroupConsumer::Stats() const { return impl_->Stats(); }
Status GroupConsumer::Health() const { return impl_->Health(); }

}  // namespace marquee::kafka
