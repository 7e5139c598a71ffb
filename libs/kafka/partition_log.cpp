#include "kafka/partition_log.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/backoff.h"
#include "kafka/internal.h"
#include "kafka/log_check.h"

namespace marquee::kafka {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int kPollMilliseconds = 100;
constexpr milliseconds kMinBackoff{100};
constexpr milliseconds kMaxBackoff{2'000};
constexpr milliseconds kAssignTimeout{5'000};
constexpr milliseconds kCheckTimeout{500};     // reading stands still meanwhile
constexpr milliseconds kAskForEnd{250};        // a caller waits meanwhile
constexpr int kChecksLeftOutAfterFailure = 5;  // while Kafka is half away, reading comes first

}  // namespace

class PartitionLog::Impl {
 public:
  Impl(PartitionLogConfig config, Start start, Handler handler, Began began)
      : config_(std::move(config)),
        start_(std::move(start)),
        handler_(std::move(handler)),
        began_(std::move(began)),
        check_(config_.cluster, config_.topic),
        consumer_(Settings(),
                  std::make_shared<EventCallback>(config_.cluster.client_id,
                                                  [](RdKafka::ErrorCode, bool) {}),
                  nullptr) {
    thread_ = std::jthread([this](const std::stop_token& stop) { Read(stop); });
  }

  ~Impl() { Stop(); }

  void Stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
  }

  std::int64_t Next(std::int32_t partition) const {
    const std::lock_guard lock(mutex_);
    return Known(partition) ? At(partition).position.next_offset : -1;
  }

  Awaited WaitFor(const LogPosition& position, Time deadline) const {
    const auto outside = position.fingerprint != 0 ? Awaited::kElsewhere : Awaited::kBeyond;
    const auto reached = [&] {
      return Known(position.partition) &&
             At(position.partition).position.next_offset >= position.next_offset;
    };
    const auto left = [&] { return milliseconds(MillisecondsLeft(deadline, 3'600'000)); };
    {
      std::unique_lock lock(mutex_);
      if (!moved_.wait_for(lock, left(), [&] { return !partitions_.empty(); }))
        return Awaited::kUnread;
      if (reached()) return Awaited::kReached;
      if (!Known(position.partition)) return outside;
    }
    if (EndsBefore(position)) return outside;
    std::unique_lock lock(mutex_);
    return moved_.wait_for(lock, left(), reached) ? Awaited::kReached : Awaited::kLate;
  }

  std::int32_t partition_count() const {
    const std::lock_guard lock(mutex_);
    return Count();
  }

  bool caught_up() const {
    const std::lock_guard lock(mutex_);
    return !partitions_.empty() && std::ranges::all_of(partitions_, [](const auto& one) {
      return one.position.next_offset >= one.goal;
    });
  }

  bool followed() const { return followed_; }

  std::optional<std::int64_t> Lag() const {
    std::vector<std::int64_t> next;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& one : partitions_) next.push_back(one.position.next_offset);
    }
    if (next.empty()) return std::nullopt;
    marquee::Lag lag;
    for (std::size_t i = 0; i < next.size(); ++i) {
      const std::int64_t end = HeardEnd(static_cast<std::int32_t>(i));
      if (end < 0) return std::nullopt;
      lag.Add(end, next[i]);
    }
    return lag.total();
  }

 private:
  struct Partition {
    LogPosition position;   // everything before it was handled
    LogPosition checked;    // a place in it from when the log was last known to be the same
    std::int64_t goal = 0;  // where the log ended when reading it began
  };

  Conf Settings() const {
    Conf conf(config_.cluster);
    // librdkafka wants a name; no group is joined and nothing is committed.
    conf.Set("group.id", config_.cluster.client_id + "-log");
    conf.Set("enable.auto.commit", "false");
    conf.Set("enable.auto.offset.store", "false");
    conf.Set("auto.offset.reset", "error");  // where to go on is ours to decide
    conf.Set("enable.partition.eof", "true");
    conf.Set("topic.metadata.refresh.interval.ms", "5000");
    conf.Set("fetch.error.backoff.ms", "100");
    conf.Set("queued.max.messages.kbytes", "16384");
    return conf;
  }

  void Read(const std::stop_token& stop) {
    Backoff backoff(kMinBackoff, kMaxBackoff);
    while (!stop.stop_requested() && !Begin().ok()) Pause(stop, backoff.Next());
    while (!stop.stop_requested()) {
      const std::unique_ptr<RdKafka::Message> message(consumer_->consume(kPollMilliseconds));
      Take(*message);
      if (Steady::now() >= check_at_) Check();
    }
  }

  void Take(RdKafka::Message& message) {
    const std::int32_t partition = message.partition();
    switch (message.err()) {
      case RdKafka::ERR_NO_ERROR: {
        if (suspects_.contains(partition)) break;
        const Message read = ToMessage(message);
        const LogPosition after = After(read);
        handler_(read, after);
        Advance(after);
        break;
      }
      case RdKafka::ERR__PARTITION_EOF:
        // Beyond the last message when that was a transaction's marker.
        if (!suspects_.contains(partition) && Next(partition) < message.offset())
          Advance({.partition = partition, .next_offset = message.offset()});
        break;
      case RdKafka::ERR__AUTO_OFFSET_RESET:  // the log has no such offset
        suspects_.insert(partition);
        check_at_ = {};
        break;
      default: break;  // timed out, or librdkafka tries again by itself
    }
  }

  // Where reading begins, and how far the log went then.
  Status Begin() {
    const Time deadline = SystemClock().Now() + kAssignTimeout;
    ASSIGN_OR_RETURN(const std::int32_t count,
                     TopicPartitions(*consumer_, config_.topic, deadline));
    ASSIGN_OR_RETURN(const Offsets start, start_(count));
    Offsets from;
    std::vector<Partition> partitions(static_cast<std::size_t>(count));
    for (std::int32_t partition = 0; partition < count; ++partition) {
      ASSIGN_OR_RETURN(const Bounds bounds,
                       QueryBounds(*consumer_, config_.topic, partition, deadline));
      const auto wanted = start.find(partition);
      std::int64_t offset = wanted == start.end() ? kFromBeginning : wanted->second;
      if (offset == kFromEnd) offset = bounds.high;
      if (offset < bounds.low || offset > bounds.high) offset = bounds.low;
      from[partition] = offset;
      partitions[static_cast<std::size_t>(partition)].goal = bounds.high;
    }
    ASSIGN_OR_RETURN(const LogPositions positions, check_.Identify(from, deadline));
    for (const auto& [partition, position] : positions) {
      auto& one = partitions[static_cast<std::size_t>(partition)];
      one.position = one.checked = position;
    }
    RETURN_IF_ERROR(Assign(partitions));
    for (const auto& [partition, position] : positions) Tell(position, /*another_log=*/false);
    Install(std::move(partitions));
    check_at_ = Steady::now() + config_.check_every;
    followed_ = true;
    return {};
  }

  // Looks whether each partition is still the log that was read, and whether there are more or
  // fewer of them.
  void Check() {
    const Status status = CheckOnce(SystemClock().Now() + kCheckTimeout);
    followed_ = status.ok();
    const bool away = !status.ok() && status.error().code == Code::kUnavailable;
    check_at_ = Steady::now() + config_.check_every * (away ? kChecksLeftOutAfterFailure : 1);
    if (!suspects_.empty()) check_at_ = Steady::now() + kMinBackoff;
  }

  Status CheckOnce(Time deadline) {
    ASSIGN_OR_RETURN(const std::int32_t count,
                     TopicPartitions(*consumer_, config_.topic, deadline));
    std::vector<Partition> partitions = Snapshot();
    const auto before = static_cast<std::int32_t>(partitions.size());
    partitions.resize(static_cast<std::size_t>(count));
    // Not where it is now: what was read since the last check may be of another log already.
    LogPositions checked;
    for (std::int32_t at = 0; at < std::min(before, count); ++at)
      checked[at] = partitions[static_cast<std::size_t>(at)].checked;
    ASSIGN_OR_RETURN(const std::set<std::int32_t> others, check_.OtherLogs(checked, deadline));
    for (auto& partition : partitions) partition.checked = partition.position;
    if (others.empty() && suspects_.empty() && count == before) {
      Install(std::move(partitions));
      return {};
    }
    Offsets from;
    for (std::int32_t at = 0; at < count; ++at) {
      auto& partition = partitions[static_cast<std::size_t>(at)];
      const bool again = others.contains(at) || at >= before;
      if (!again && !suspects_.contains(at)) continue;
      ASSIGN_OR_RETURN(const Bounds bounds, QueryBounds(*consumer_, config_.topic, at, deadline));
      const std::int64_t tail = bounds.high - std::min(bounds.high, config_.again_messages);
      // A suspect that is no other log has lost its beginning to retention.
      from[at] = std::max(bounds.low, again ? tail : partition.position.next_offset);
      partition.goal = bounds.high;
    }
    const std::vector<Partition> old = partitions;
    ASSIGN_OR_RETURN(const LogPositions positions, check_.Identify(from, deadline));
    for (const auto& [at, position] : positions) {
      auto& one = partitions[static_cast<std::size_t>(at)];
      one.position = one.checked = position;
    }
    RETURN_IF_ERROR(Assign(partitions));
    for (const auto& [at, position] : positions) {
      const bool another = others.contains(at);
      if (another) {
        Log(3, config_.cluster.client_id,
            "partition " + std::to_string(at) + " of " + config_.topic + ", read up to offset " +
                std::to_string(old[static_cast<std::size_t>(at)].position.next_offset) +
                ", is another log now: it is read from offset " +
                std::to_string(position.next_offset));
      }
      if (another || at >= before) Tell(position, another);
    }
    suspects_.clear();
    Install(std::move(partitions));
    return {};
  }

  Status Assign(const std::vector<Partition>& partitions) {
    DestroyPartitions list;
    for (std::size_t i = 0; i < partitions.size(); ++i) {
      list.list.push_back(RdKafka::TopicPartition::create(config_.topic, static_cast<int>(i),
                                                          partitions[i].position.next_offset));
    }
    const auto code = consumer_->assign(list.list);
    if (code != RdKafka::ERR_NO_ERROR) return Unavailable(RdKafka::err2str(code));
    return {};
  }

  void Tell(const LogPosition& from, bool another_log) const {
    if (began_) began_(from, another_log);
  }

  std::vector<Partition> Snapshot() const {
    const std::lock_guard lock(mutex_);
    return partitions_;
  }

  void Install(std::vector<Partition> partitions) {
    {
      const std::lock_guard lock(mutex_);
      partitions_ = std::move(partitions);
    }
    moved_.notify_all();
  }

  void Advance(const LogPosition& to) {
    {
      const std::lock_guard lock(mutex_);
      if (!Known(to.partition)) return;
      auto& partition = partitions_[static_cast<std::size_t>(to.partition)];
      partition.position = to;
      if (partition.checked.fingerprint == 0)
        partition.checked = to;  // the first record tells the log
    }
    moved_.notify_all();
  }

  // Where the partition ended when Kafka last told; −1: it hasn't yet.
  std::int64_t HeardEnd(std::int32_t partition) const {
    std::int64_t low = 0;
    std::int64_t high = 0;
    const auto code = consumer_->get_watermark_offsets(config_.topic, partition, &low, &high);
    return code == RdKafka::ERR_NO_ERROR && high >= 0 ? high : -1;
  }

  // Whether the log ends before the position. False when Kafka doesn't say.
  bool EndsBefore(const LogPosition& position) const {
    if (HeardEnd(position.partition) >= position.next_offset) return false;
    const auto bounds = QueryBounds(*consumer_, config_.topic, position.partition,
                                    SystemClock().Now() + kAskForEnd);
    return bounds.ok() && bounds->high < position.next_offset;
  }

  // These under the lock.
  std::int32_t Count() const { return static_cast<std::int32_t>(partitions_.size()); }
  bool Known(std::int32_t partition) const { return partition >= 0 && partition < Count(); }
  const Partition& At(std::int32_t partition) const {
    return partitions_[static_cast<std::size_t>(partition)];
  }

  const PartitionLogConfig config_;
  const Start start_;
  const Handler handler_;
  const Began began_;
  std::atomic<bool> followed_{false};
  std::set<std::int32_t> suspects_;  // the thread's: Kafka has no such offset
  Steady::time_point check_at_{};    // the thread's
  mutable std::mutex mutex_;
  mutable std::condition_variable moved_;
  std::vector<Partition> partitions_;
  LogCheck check_;
  const Consumer consumer_;
  std::jthread thread_;
};

PartitionLog::PartitionLog(PartitionLogConfig config, Start start, Handler handler, Began began)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(start), std::move(handler),
                                   std::move(began))) {}
PartitionLog::~PartitionLog() = default;
std::int64_t PartitionLog::Next(std::int32_t partition) const { return impl_->Next(partition); }
Awaited PartitionLog::WaitFor(const LogPosition& position, Time deadline) const {
  return impl_->WaitFor(position, deadline);
}
std::int32_t PartitionLog::partition_count() const { return impl_->partition_count(); }
bool PartitionLog::caught_up() const { return impl_->caught_up(); }
std::optional<std::int64_t> PartitionLog::Lag() const { return impl_->Lag(); }
bool PartitionLog::followed() const { return impl_->followed(); }
void PartitionLog::Stop() { impl_->Stop(); }

}  // namespace marquee::kafka
