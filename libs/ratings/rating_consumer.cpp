#include "ratings/rating_consumer.h"

#include <charconv>
#include <cstdint>
#include <limits>
#include <map>
#include <pqxx/pqxx>
#include <stop_token>
#include <thread>

#include "base/backoff.h"
#include "kafka/admin.h"
#include "logging/log.h"
#include "ratings/rating_events.h"
#include "tracing/trace.h"

namespace marquee::ratings {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kForgetRows = 10'000;
constexpr std::chrono::seconds kWatchEvery{1};
constexpr std::chrono::seconds kTimeout{10};
constexpr int kPatienceSeconds = 5;
constexpr std::int64_t kAnalyzeAfter = 20'000;  // events
constexpr int kPoliteBatch = 1'000;
constexpr std::size_t kBacklog = 500;  // messages in a batch

double Seconds(Time time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

// What befell the log of one partition, from the database: it outlives processes.
class PartitionMetrics {
 public:
  PartitionMetrics(metrics::Metrics& metrics, const std::string& prefix, std::int32_t partition)
      : lost_(metrics.AddCounter(prefix + "lost_messages_total",
                                 "Events that Kafka deleted before they were applied, ever",
                                 Labels(partition))),
        lost_at_(metrics.AddGauge(prefix + "lost_messages_timestamp_seconds",
                                  "When that last happened, Unix time; 0: never",
                                  Labels(partition))),
        others_(metrics.AddCounter(prefix + "other_logs_total",
                                   "How often the partition was another log than the one that was "
                                   "read, and was read from its beginning, ever",
                                   Labels(partition))),
        other_at_(metrics.AddGauge(prefix + "other_logs_timestamp_seconds",
                                   "When that last happened, Unix time; 0: never",
                                   Labels(partition))) {}

  void Show(const StoredPosition& stored) {
    lost_.Increment(static_cast<double>(stored.lost_events - shown_.lost_events));
    lost_at_.Set(Seconds(stored.lost_at));
    others_.Increment(static_cast<double>(stored.other_logs - shown_.other_logs));
    other_at_.Set(Seconds(stored.other_log_at));
    shown_ = stored;
  }

 private:
  static metrics::Labels Labels(std::int32_t partition) {
    return {{"partition", std::to_string(partition)}};
  }
  StoredPosition shown_;
  metrics::Counter lost_;
  metrics::Gauge lost_at_;
  metrics::Counter others_;
  metrics::Gauge other_at_;
};

// Whether people use a pool. One thread's.
class Usage {
 public:
  explicit Usage(const pg::Pool& pool) : pool_(pool) {}

  bool IsInUse() {
    const pg::PoolStats stats = pool_.Stats();
    const auto now = std::chrono::steady_clock::now();
    if (now - since_ >= kWindow) {
      busy_ = stats.lent - lent_ > kOfOurs;
      lent_ = stats.lent;
      since_ = now;
    }
    return busy_ || stats.in_use > 0;
  }

 private:
  static constexpr std::chrono::seconds kWindow{1};
  // The health check and other work of ours, in such a time.
  static constexpr std::int64_t kOfOurs = 4;

  const pg::Pool& pool_;
  std::chrono::steady_clock::time_point since_{};
  std::int64_t lent_ = 0;
  bool busy_ = false;
};

}  // namespace

std::chrono::hours LongestKept(const std::map<std::string, std::string>& settings) {
  const auto read = [&](const char* name) -> std::int64_t {
    const auto found = settings.find(name);
    std::int64_t ms = -1;
    if (found != settings.end()) {
      const std::string& text = found->second;
      std::from_chars(text.data(), text.data() + text.size(), ms);
    }
    return ms;
  };
  const auto policy = settings.find("cleanup.policy");
  const bool deleted =
      policy != settings.end() && policy->second.find("delete") != std::string::npos;
  const std::int64_t retention = read("retention.ms");
  const std::int64_t segment = read("segment.ms");
  constexpr std::int64_t kMostMs = std::numeric_limits<std::int64_t>::max() / 4;
  if (!deleted || retention < 0 || segment < 0 || retention > kMostMs || segment > kMostMs)
    return hours::max();
  // A day for Kafka's own checks and for clocks that differ.
  return std::chrono::ceil<hours>(milliseconds(retention) + milliseconds(segment)) + hours(24);
}

Courtesy YieldTo(const pg::Pool& people) {
  const auto usage = std::make_shared<Usage>(people);
  return {
      .rest =
          [usage](std::size_t messages, std::chrono::nanoseconds took) {
            if (messages < kBacklog) return std::chrono::nanoseconds(0);
            return took * (usage->IsInUse() ? 3 : 1);
          },
      .next_batch =
          [usage] { return usage->IsInUse() ? kPoliteBatch : std::numeric_limits<int>::max(); }};
}

class RatingConsumer::Impl {
 public:
  Impl(RatingConsumerConfig config, pg::Pool& pool, RatingSteps steps, metrics::Metrics& metrics)
      : config_(std::move(config)),
        prefix_("marquee_" + config_.service + "_consumer_"),
        pool_(pool),
        metrics_(metrics),
        committed_(std::move(steps.committed)),
        applied_(metrics.AddCounter("marquee_" + config_.service + "_applied_events_total",
                                    "Rating events that were applied, repetitions included")),
        healthy_(metrics.AddGauge(prefix_ + "healthy",
                                  "1 while ratings are applied or awaited, 0 while Kafka or the "
                                  "database keeps the consumer from it")),
        projection_(pool, Logged(std::move(steps.dead_letters)), std::move(steps.apply),
                    {.topic = config_.consumer.topic,
                     .record_dead_letters = std::move(steps.record_dead_letters)},
                    [this](const StoredPositions& stored, std::span<const RatingChange> changes) {
                      Committed(stored, changes);
                    }),
        consumer_(With(config_.consumer, std::move(steps.courtesy)), projection_) {
    for (const auto reason : kDeadLetterReasons) DeadLetters(reason);
    metrics.AddGaugeFunction(
        prefix_ + "lag_messages",
        "Events of our partitions that are not applied yet; below 0 while the log ends before what "
        "was applied; NaN while unknown",
        {}, [this] { return metrics::OrNaN(consumer_.Stats().lag); });
    metrics.AddGaugeFunction(prefix_ + "failures", "Batches that failed and were tried again", {},
                             [this] { return static_cast<double>(consumer_.Stats().failures); });
    housekeeper_ = std::jthread([this](const std::stop_token& stop) { Housekeep(stop); });
  }

  ~Impl() { Stop(); }

  void Stop() {
    housekeeper_.request_stop();
    if (housekeeper_.joinable()) housekeeper_.join();
    consumer_.Stop();
  }

  Status Health() const { return consumer_.Health(); }

 private:
  static kafka::GroupConsumerConfig With(kafka::GroupConsumerConfig config, Courtesy courtesy) {
    config.rest = std::move(courtesy.rest);
    config.next_batch = std::move(courtesy.next_batch);
    return config;
  }

  metrics::Counter DeadLetters(std::string_view reason) {
    return metrics_.AddCounter("marquee_" + config_.service + "_dead_letters_total",
                               "Rating events that couldn't be applied",
                               {{"reason", std::string(reason)}});
  }

  // Warns about each message that is left out.
  static DeadLetterSink Logged(DeadLetterSink sink) {
    return [sink = std::move(sink)](std::span<const DeadLetterMessage> letters) -> Status {
      RETURN_IF_ERROR(sink(letters));
      for (const auto& letter : letters) {
        const tracing::Scope scope(letter.message->traceparent);
        logging::Warning("rating event left out", {{"partition", letter.message->partition},
                                                   {"offset", letter.message->offset},
                                                   {"reason", letter.reason},
                                                   {"detail", letter.detail}});
      }
      return {};
    };
  }

  void Committed(const StoredPositions& stored, std::span<const RatingChange> changes) {
    if (committed_) committed_(stored, changes);
    applied_.Increment(static_cast<double>(changes.size()));
    for (const auto& [reason, count] : projection_.Stats().dead_letters_by_reason) {
      auto& reported = reported_[reason];
      if (count == reported) continue;
      DeadLetters(reason).Increment(static_cast<double>(count - reported));
      reported = count;
    }
  }

  void Housekeep(const std::stop_token& stop) {
    auto forget_at = steady_clock::now() + config_.forget_every;
    healthy_.Set(1);
    while (Pause(stop, kWatchEvery)) {
      ReportHealth();
      ShowPartitions();
      Analyze();
      if (steady_clock::now() >= forget_at && Forget())
        forget_at = steady_clock::now() + config_.forget_every;
    }
  }

  // Logs when what keeps the consumer waiting changes; joining the group is no news.
  void ReportHealth() {
    const Status health = consumer_.Health();
    std::string now = health.ok() ? "" : health.error().ToString();
    healthy_.Set(health.ok() ? 1 : 0);
    bad_seconds_ = health.ok() ? 0 : bad_seconds_ + 1;
    if (now == last_ || (!health.ok() && bad_seconds_ < kPatienceSeconds)) return;
    if (now.empty()) {
      logging::Info("ratings are applied again");
    } else {
      logging::Warning("ratings can't be applied", {{"error", now}});
    }
    last_ = std::move(now);
  }

  void ShowPartitions() {
    for (const auto& [partition, stored] : projection_.Stats().positions) {
      auto shown = partitions_.find(partition);
      if (shown == partitions_.end()) {
        shown =
            partitions_.emplace(partition, PartitionMetrics(metrics_, prefix_, partition)).first;
      }
      shown->second.Show(stored);
    }
  }

  void Analyze() {
    const std::int64_t events = projection_.Stats().events;
    const bool through = consumer_.Stats().lag == 0;
    if (events - analyzed_ < kAnalyzeAfter || (events < 2 * analyzed_ && !through)) return;
    analyzed_ = events;
    std::string sql = "ANALYZE";
    for (const auto& table : config_.tables) sql += (sql.size() > 7 ? ", " : " ") + table;
    const Status done = pool_.Run(
        [&](pg::Transaction& tx) -> Status {
          tx.exec(sql);
          return {};
        },
        {.deadline = SystemClock().Now() + kTimeout, .statement_timeout = kTimeout});
    if (!done.ok())
      logging::Warning("statistics not made anew", {{"error", done.error().ToString()}});
  }

  // False while there are more to forget.
  bool Forget() {
    const Time deadline = SystemClock().Now() + kTimeout;
    auto age = config_.remember_events;
    const auto settings =
        kafka::Admin(config_.consumer.cluster).Settings(config_.consumer.topic, deadline);
    if (settings.ok()) {
      age = std::max(age, LongestKept(*settings));
    } else if (settings.error().code != Code::kPermissionDenied) {
      return true;  // how long they are needed isn't known now: next time
    }
    if (age == hours::max()) return true;
    const auto forgotten = ForgetAppliedEvents(pool_, age, kForgetRows, deadline);
    if (!forgotten.ok()) {
      logging::Warning("old event ids couldn't be deleted",
                       {{"error", forgotten.error().ToString()}});
      return true;
    }
    return *forgotten < kForgetRows;
  }

  const RatingConsumerConfig config_;
  const std::string prefix_;
  pg::Pool& pool_;
  metrics::Metrics& metrics_;
  const RatingProjection::Committed committed_;
  metrics::Counter applied_;
  metrics::Gauge healthy_;
  std::map<std::string, std::int64_t> reported_;  // the consumer's thread's
  RatingProjection projection_;
  kafka::GroupConsumer consumer_;
  // The housekeeper's.
  std::string last_;
  int bad_seconds_ = 0;
  std::int64_t analyzed_ = 0;  // events that were applied when statistics were made last
  std::map<std::int32_t, PartitionMetrics> partitions_;
  std::jthread housekeeper_;
};

RatingConsumer::RatingConsumer(RatingConsumerConfig config, pg::Pool& pool, RatingSteps steps,
                               metrics::Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(config), pool, std::move(steps), metrics)) {}
RatingConsumer::~RatingConsumer() = default;
void RatingConsumer::Stop() { impl_->Stop(); }
Status RatingConsumer::Health() const { return impl_->Health(); }

}  // namespace marquee::ratings
