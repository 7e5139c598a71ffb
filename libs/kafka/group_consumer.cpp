#include "kafka/group_consumer.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "base/backoff.h"
#include "kafka/internal.h"
#include "kafka/log_check.h"

namespace marquee::kafka {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int kPollMilliseconds = 100;
constexpr milliseconds kQueryTimeout{2'000};
constexpr std::chrono::nanoseconds kMostRest{std::chrono::seconds(1)};

}  // namespace

// All of it but Stats() and Health() runs on one thread, the rebalance callback too (within
// consume()).
class GroupConsumer::Impl final : public RdKafka::RebalanceCb {
 public:
  Impl(GroupConsumerConfig config, BatchHandler& handler)
      : config_(std::move(config)), handler_(handler), check_(config_.cluster, config_.topic) {
    Make();
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
  void Make() {
    Conf conf(config_.cluster);
    conf.Set("group.id", config_.group);
    if (!config_.instance_id.empty()) conf.Set("group.instance.id", config_.instance_id);
    conf.Set("enable.auto.commit", "false");
    conf.Set("enable.auto.offset.store", "false");
    conf.Set("auto.offset.reset", "error");                  // where to go on is ours to decide
    conf.Set("topic.metadata.refresh.interval.ms", "5000");  // new partitions, and a new topic
    conf.Set("isolation.level", "read_committed");
    conf.Set("session.timeout.ms", std::to_string(config_.session_timeout.count()));
    conf.Set("heartbeat.interval.ms", std::to_string(config_.session_timeout.count() / 4));
    conf.Set("fetch.error.backoff.ms", "100");
    conf.Set("queued.max.messages.kbytes", "16384");
    consumer_.emplace(std::move(conf),
                      std::make_shared<EventCallback>(config_.cluster.client_id,
                                                      [this](RdKafka::ErrorCode code, bool fatal) {
                                                        if (fatal) fatal_ = true;
                                                        if (code == RdKafka::ERR__ALL_BROKERS_DOWN)
                                                          brokers_down_ = true;
                                                      }),
                      this);
  }

  void Consume(const std::stop_token& stop) {
    (*consumer_)->subscribe({config_.topic});
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
    consumer_.reset();
  }

  // One turn: start the partitions that wait for their offsets, read a batch, apply it.
  Status Step(const std::stop_token& stop) {
    if (!waiting_.empty()) RETURN_IF_ERROR(StartReading());
    Batch batch = ReadBatch(stop);
    UpdateLag();
    if (std::exchange(out_of_step_, false))
      return Error::Aborted("log_gap", "offsets are missing in what was read");
    if (batch.empty() && brokers_down_) return Unavailable("no broker answers");
    if (stop.stop_requested()) return {};
    RETURN_IF_ERROR(CheckLog(batch));
    if (batch.empty()) {
      if (!assigned_.empty() && waiting_.empty()) SetHealth({});
      return {};
    }
    LogPositions expected;
    LogPositions next;
    std::int64_t count = 0;
    for (const auto& [partition, messages] : batch) {
      expected[partition] = next_.at(partition);
      next[partition] = After(messages.back());
      count += static_cast<std::int64_t>(messages.size());
    }
    const auto began = Steady::now();
    RETURN_IF_ERROR(handler_.Apply(batch, expected, next));
    const auto took = Steady::now() - began;
    for (const auto& [partition, position] : next) next_[partition] = position;
    SetHealth({});
    Count([count](auto& stats) {
      stats.messages += count;
      ++stats.batches;
    });
    if (config_.rest) {
      const auto rest = config_.rest(static_cast<std::size_t>(count), took);
      Pause(stop, std::min<std::chrono::nanoseconds>(rest, kMostRest));
    }
    return {};
  }

  // Whether what was read is of the log that was read before. Asked after reading and before
  // applying: while the record before the batch (or the first of it) is in the log, the log is that
  // one, and was when the rest was read. And now and then when there is nothing to read: a new log
  // may wait to be noticed.
  Status CheckLog(const Batch& batch) {
    const Time deadline = SystemClock().Now() + kQueryTimeout;
    const bool all = Steady::now() >= check_at_;
    if (all) check_at_ = Steady::now() + config_.check_every;
    if (all && assigned_.empty()) {
      const auto count = TopicPartitions(**consumer_, config_.topic, deadline);
      return count.ok() ? Status() : Status(count.error());
    }
    LogPositions read;
    for (const auto& [partition, position] : next_) {
      const auto messages = batch.find(partition);
      if (messages != batch.end() && position.fingerprint == 0) {
        read[partition] = After(messages->second.front());
      } else if (all || messages != batch.end()) {
        read[partition] = position;
      }
    }
    ASSIGN_OR_RETURN(const auto others, check_.OtherLogs(read, deadline));
    if (others.empty()) return {};
    return Error::Aborted("log_replaced", "partition " + std::to_string(*others.begin()) + " of " +
                                              config_.topic + " is another log than was read");
  }

  // Nothing of ours makes gaps in the log, so one is read again before it is believed (a
  // transaction's marker or a deleted record, then). What comes before the stored offset would be
  // applied twice.
  bool Follows(const Batch& batch, RdKafka::Message& message, std::int64_t stored) {
    const auto read = batch.find(message.partition());
    const std::int64_t expected = read == batch.end() ? stored : read->second.back().offset + 1;
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
    const int most = config_.next_batch
                         ? std::clamp(config_.next_batch(), 1, config_.batch_messages)
                         : config_.batch_messages;
    auto until = Steady::now() + milliseconds(kPollMilliseconds);
    reading_ = &batch;
    while (count < most && !stop.stop_requested()) {
      const auto left = std::chrono::ceil<milliseconds>(until - Steady::now());
      // What is already here is always taken.
      const std::unique_ptr<RdKafka::Message> message(
          (*consumer_)->consume(static_cast<int>(std::max<std::int64_t>(0, left.count()))));
      if (message->err() == RdKafka::ERR_NO_ERROR) {
        brokers_down_ = false;
        const auto next = next_.find(message->partition());
        if (next == next_.end()) continue;  // taken away meanwhile
        if (!Follows(batch, *message, next->second.next_offset)) break;
        if (count++ == 0) until = Steady::now() + config_.batch_wait;
        batch[message->partition()].push_back(ToMessage(*message));
        if (Steady::now() < until) continue;
        break;
      }
      if (message->err() == RdKafka::ERR__FATAL) fatal_ = true;
      if (message->err() == RdKafka::ERR__AUTO_OFFSET_RESET) {
        out_of_step_ = true;  // the log has no such offset
        break;
      }
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
      member_ = true;
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
    const Time deadline = SystemClock().Now() + kQueryTimeout;
    ASSIGN_OR_RETURN(LogPositions next, handler_.LoadPositions(assigned_));
    ASSIGN_OR_RETURN(const auto others, check_.OtherLogs(next, deadline));
    DestroyPartitions partitions;
    for (auto& [partition, position] : next) {
      ASSIGN_OR_RETURN(const Bounds bounds,
                       QueryBounds(**consumer_, config_.topic, partition, deadline));
      if (others.contains(partition)) {
        RETURN_IF_ERROR(MoveTo(bounds.low, Moved::kOtherLog, position));
      } else if (position.next_offset < bounds.low) {
        RETURN_IF_ERROR(MoveTo(bounds.low, Moved::kEventsLost, position));
      }
      partitions.list.push_back(
          RdKafka::TopicPartition::create(config_.topic, partition, position.next_offset));
    }
    const auto code = (*consumer_)->assign(partitions.list);
    if (code != RdKafka::ERR_NO_ERROR) return Unavailable(RdKafka::err2str(code));
    next_ = std::move(next);
    waiting_.clear();
    brokers_down_ = false;
    check_at_ = Steady::now() + config_.check_every;
    SetHealth({});
    return {};
  }

  Status MoveTo(std::int64_t to, Moved why, LogPosition& position) {
    RETURN_IF_ERROR(handler_.Move(position, to, why));
    const std::string what = "partition " + std::to_string(position.partition) + " of " +
                             config_.topic + ", read up to offset " +
                             std::to_string(position.next_offset);
    Log(3, config_.cluster.client_id,
        why == Moved::kOtherLog
            ? what + ", is another log now: it is read again from its beginning, offset " +
                  std::to_string(to)
            : what + ", begins at offset " + std::to_string(to) +
                  " by now: " + std::to_string(to - position.next_offset) +
                  " messages were deleted before they were read");
    position = {.partition = position.partition, .next_offset = to};
    return {};
  }

  // Stops reading without leaving the group: the offsets will be loaded again.
  void Suspend() {
    next_.clear();
    waiting_ = assigned_;
    if (!assigned_.empty()) (*consumer_)->assign({});
  }

  // Waits, and stays a member meanwhile.
  void Wait(const std::stop_token& stop, milliseconds pause) {
    const auto until = Steady::now() + pause;
    pausing_ = true;  // nothing may be read here: it would be dropped
    while (!stop.stop_requested() && Steady::now() < until && !fatal_) {
      const auto left = std::chrono::ceil<milliseconds>(until - Steady::now());
      const std::unique_ptr<RdKafka::Message> ignored(
          (*consumer_)
              ->consume(
                  static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, kPollMilliseconds))));
    }
    pausing_ = false;
  }

  void Recreate() {
    member_ = false;
    next_.clear();
    assigned_.clear();
    waiting_.clear();
    consumer_.reset();
    Make();
    (*consumer_)->subscribe({config_.topic});
  }

  void UpdateLag() {
    Lag lag;
    bool known = member_ && waiting_.empty();
    for (const auto& [partition, position] : next_) {
      std::int64_t low = 0;
      std::int64_t high = 0;
      const auto code = (*consumer_)->get_watermark_offsets(config_.topic, partition, &low, &high);
      known = known && code == RdKafka::ERR_NO_ERROR && high >= 0;
      lag.Add(high, position.next_offset);
    }
    Count([&](auto& stats) { stats.lag = known ? std::optional(lag.total()) : std::nullopt; });
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
  LogPositions next_;                   // stored in the database, of the partitions being read
  Offsets seen_gap_;                    // the offset after the last gap met
  bool member_ = false;
  bool out_of_step_ = false;
  Steady::time_point check_at_{};
  bool pausing_ = false;
  Batch* reading_ = nullptr;
  mutable std::mutex stats_mutex_;
  GroupConsumerStats stats_;
  Status health_ = Unavailable("not a member of the group yet");
  LogCheck check_;
  std::optional<Consumer> consumer_;
  std::jthread thread_;
};

GroupConsumer::GroupConsumer(GroupConsumerConfig config, BatchHandler& handler)
    : impl_(std::make_unique<Impl>(std::move(config), handler)) {}
GroupConsumer::~GroupConsumer() = default;
void GroupConsumer::Stop() { impl_->Stop(); }
GroupConsumerStats GroupConsumer::Stats() const { return impl_->Stats(); }
Status GroupConsumer::Health() const { return impl_->Health(); }

}  // namespace marquee::kafka
