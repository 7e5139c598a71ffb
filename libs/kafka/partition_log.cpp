#include "kafka/partition_log.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/backoff.h"
#include "kafka/internal.h"

namespace marquee::kafka {
namespace {

using Steady = std::chrono::steady_clock;

constexpr int kPollMilliseconds = 100;
constexpr std::chrono::milliseconds kMinBackoff{100};
constexpr std::chrono::milliseconds kMaxBackoff{2'000};

}  // namespace

class PartitionLog::Impl {
 public:
  Impl(PartitionLogConfig config, Start start, Handler handler)
      : config_(std::move(config)),
        start_(std::move(start)),
        handler_(std::move(handler)),
        events_(config_.cluster.client_id, [this](RdKafka::ErrorCode code, bool) {
          if (code == RdKafka::ERR__ALL_BROKERS_DOWN) heard_ = 0;
        }) {
    consumer_ = Make();
    thread_ = std::jthread([this](const std::stop_token& stop) { Read(stop); });
  }

  ~Impl() { Stop(); }

  void Stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
  }

  std::int64_t Next(std::int32_t partition) const {
    const std::lock_guard lock(mutex_);
    return Known(partition) ? next_[partition] : -1;
  }

  bool WaitFor(const Position& position, Time deadline) const {
    const auto wait = std::chrono::milliseconds(MillisecondsLeft(deadline, 3'600'000));
    std::unique_lock lock(mutex_);
    return moved_.wait_for(lock, wait, [&] {
      return Known(position.partition) && next_[position.partition] > position.offset;
    });
  }

  std::int32_t partition_count() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::int32_t>(next_.size());
  }

  bool caught_up() const {
    const std::lock_guard lock(mutex_);
    if (next_.empty()) return false;
    for (std::size_t i = 0; i < next_.size(); ++i) {
      if (goal_[i] < 0 || next_[i] < goal_[i]) return false;
    }
    return true;
  }

  std::int64_t Lag() const {
    std::vector<std::int64_t> next;
    {
      const std::lock_guard lock(mutex_);
      next = next_;
    }
    if (next.empty()) return -1;
    std::int64_t lag = 0;
    for (std::size_t i = 0; i < next.size(); ++i) {
      std::int64_t low = 0;
      std::int64_t high = 0;
      const auto code =
          consumer_->get_watermark_offsets(config_.topic, static_cast<int>(i), &low, &high);
      if (code != RdKafka::ERR_NO_ERROR || high < 0 || next[i] < 0) return -1;
      lag += std::max<std::int64_t>(0, high - next[i]);
    }
    return lag;
  }

  Status Health() const {
    if (partition_count() == 0) return Unavailable("the topic isn't being read yet");
    const auto fresh = Steady::now().time_since_epoch() - std::chrono::seconds(2);
    if (heard_ > std::chrono::duration_cast<Steady::duration>(fresh).count()) return {};
    std::int64_t low = 0;
    std::int64_t high = 0;
    const auto code = consumer_->query_watermark_offsets(config_.topic, 0, &low, &high, 400);
    if (code != RdKafka::ERR_NO_ERROR) return Unavailable(RdKafka::err2str(code));
    Heard();
    return {};
  }

 private:
  std::unique_ptr<RdKafka::KafkaConsumer> Make() {
    Conf conf(config_.cluster);
    // librdkafka wants a name; no group is joined and nothing is committed.
    conf.Set("group.id", config_.cluster.client_id + "-log");
    conf.Set("enable.auto.commit", "false");
    conf.Set("enable.auto.offset.store", "false");
    conf.Set("auto.offset.reset", "earliest");
    conf.Set("enable.partition.eof", "true");
    conf.Set("fetch.error.backoff.ms", "100");
    conf.Set("queued.max.messages.kbytes", "16384");
    conf.SetCallback<RdKafka::EventCb>("event_cb", &events_);
    std::string error;
    std::unique_ptr<RdKafka::KafkaConsumer> consumer(
        RdKafka::KafkaConsumer::create(conf.get(), error));
    if (consumer == nullptr) throw std::invalid_argument(error);
    return consumer;
  }

  void Read(const std::stop_token& stop) {
    Backoff backoff(kMinBackoff, kMaxBackoff);
    while (!stop.stop_requested() && !Assign().ok()) Pause(stop, backoff.Next());
    while (!stop.stop_requested()) {
      const std::unique_ptr<RdKafka::Message> message(consumer_->consume(kPollMilliseconds));
      switch (message->err()) {
        case RdKafka::ERR_NO_ERROR: {
          Heard();
          const Message read = ToMessage(*message);
          handler_(read);
          Advance(read.partition, read.offset + 1);
          break;
        }
        case RdKafka::ERR__PARTITION_EOF:
          Heard();
          Advance(message->partition(), message->offset());
          break;
        default: break;  // timed out, or librdkafka tries again by itself
      }
    }
    consumer_->close();
  }

  // Where reading begins, and how far the log went then.
  Status Assign() {
    const Time deadline = SystemClock().Now() + std::chrono::seconds(2);
    ASSIGN_OR_RETURN(const std::int32_t count,
                     TopicPartitions(*consumer_, config_.topic, deadline));
    ASSIGN_OR_RETURN(const Offsets start, start_(count));
    std::vector<std::int64_t> next;
    std::vector<std::int64_t> goal;
    DestroyPartitions partitions;
    for (std::int32_t partition = 0; partition < count; ++partition) {
      std::int64_t low = 0;
      std::int64_t high = 0;
      const auto code =
          consumer_->query_watermark_offsets(config_.topic, partition, &low, &high, 2'000);
      if (code != RdKafka::ERR_NO_ERROR) return Unavailable(RdKafka::err2str(code));
      const auto wanted = start.find(partition);
      std::int64_t offset = wanted == start.end() ? kFromBeginning : wanted->second;
      if (offset == kFromEnd) offset = high;
      if (offset < low || offset > high) offset = low;
      next.push_back(offset);
      goal.push_back(high);
      partitions.list.push_back(RdKafka::TopicPartition::create(config_.topic, partition, offset));
    }
    const auto code = consumer_->assign(partitions.list);
    if (code != RdKafka::ERR_NO_ERROR) return Unavailable(RdKafka::err2str(code));
    Heard();
    {
      const std::lock_guard lock(mutex_);
      next_ = std::move(next);
      goal_ = std::move(goal);
    }
    moved_.notify_all();
    return {};
  }

  void Advance(std::int32_t partition, std::int64_t next) {
    {
      const std::lock_guard lock(mutex_);
      if (!Known(partition) || next_[partition] >= next) return;
      next_[partition] = next;
    }
    moved_.notify_all();
  }

  bool Known(std::int32_t partition) const {
    return partition >= 0 && static_cast<std::size_t>(partition) < next_.size();
  }

  void Heard() const { heard_ = Steady::now().time_since_epoch().count(); }

  const PartitionLogConfig config_;
  const Start start_;
  const Handler handler_;
  mutable std::atomic<Steady::rep> heard_{0};
  mutable std::mutex mutex_;
  mutable std::condition_variable moved_;
  std::vector<std::int64_t> next_;
  std::vector<std::int64_t> goal_;
  EventCallback events_;
  std::unique_ptr<RdKafka::KafkaConsumer> consumer_;
  std::jthread thread_;
};

PartitionLog::PartitionLog(PartitionLogConfig config, Start start, Handler handler)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(start), std::move(handler))) {}
PartitionLog::~PartitionLog() = default;
std::int64_t PartitionLog::Next(std::int32_t partition) const { return impl_->Next(partition); }
bool PartitionLog::WaitFor(const Position& position, Time deadline) const {
  return impl_->WaitFor(position, deadline);
}
std::int32_t PartitionLog::partition_count() const { return impl_->partition_count(); }
bool PartitionLog::caught_up() const { return impl_->caught_up(); }
std::int64_t PartitionLog::Lag() const { return impl_->Lag(); }
Status PartitionLog::Health() const { return impl_->Health(); }
void PartitionLog::Stop() { impl_->Stop(); }

}  // namespace marquee::kafka
