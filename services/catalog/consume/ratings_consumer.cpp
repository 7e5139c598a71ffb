#include "catalog/consume/ratings_consumer.h"

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "logging/log.h"
#include "ratings/rating_events.h"
#include "tracing/trace.h"

namespace marquee::catalog {
namespace {

using std::chrono::steady_clock;

// Repetitions of an event come within the topic's retention.
constexpr std::chrono::hours kRememberEvents{30 * 24};
constexpr std::chrono::minutes kForgetEvery{10};
constexpr int kForgetRows = 10'000;
constexpr std::chrono::seconds kWatchEvery{1};
constexpr int kPatienceSeconds = 5;

metrics::Counter DeadLetters(metrics::Metrics& metrics, std::string_view reason) {
  return metrics.AddCounter("marquee_catalog_dead_letters_total",
                            "Rating events that couldn't be applied (again after a failed batch)",
                            {{"reason", std::string(reason)}});
}

}  // namespace

class RatingsConsumer::Impl {
 public:
  Impl(kafka::GroupConsumerConfig config, pg::Pool& pool, ratings::RatingProjection::Step step,
       metrics::Metrics& metrics)
      : pool_(pool),
        metrics_(metrics),
        applied_(metrics.AddCounter("marquee_catalog_applied_events_total",
                                    "Rating events that were applied, repetitions included")),
        healthy_(metrics.AddGauge("marquee_catalog_consumer_healthy",
                                  "1 while ratings are applied or awaited, 0 while Kafka or the "
                                  "database keeps the consumer from it")),
        projection_(
            pool,
            [this](std::span<const ratings::DeadLetterMessage> letters) {
              return PutAside(letters);
            },
            std::move(step), {.topic = config.topic},
            [this](const kafka::Offsets&, std::span<const ratings::RatingChange> changes) {
              applied_.Increment(static_cast<double>(changes.size()));
            }),
        consumer_(std::move(config), projection_) {
    for (const auto reason : ratings::kDeadLetterReasons) DeadLetters(metrics, reason);
    metrics.AddGaugeFunction("marquee_catalog_consumer_lag_messages",
                             "Events of our partitions that are not applied yet; -1 while unknown",
                             {}, [this] { return static_cast<double>(consumer_.Stats().lag); });
    metrics.AddGaugeFunction("marquee_catalog_consumer_failures",
                             "Batches that failed and were tried again", {},
                             [this] { return static_cast<double>(consumer_.Stats().failures); });
    metrics.AddGaugeFunction("marquee_catalog_consumer_lost_messages",
                             "Events that Kafka deleted before they were applied", {},
                             [this] { return static_cast<double>(consumer_.Stats().lost); });
    watch_ = std::jthread([this](const std::stop_token& stop) { Watch(stop); });
  }
  ~Impl() { Stop(); }

  void Stop() {
    watch_.request_stop();
    if (watch_.joinable()) watch_.join();
    consumer_.Stop();
  }
  Status Health() const { return consumer_.Health(); }

 private:
  Status PutAside(std::span<const ratings::DeadLetterMessage> letters) {
    for (const auto& letter : letters) {
      DeadLetters(metrics_, letter.reason).Increment();
      const tracing::Scope scope(letter.message->traceparent);
      logging::Warning("rating event left out", {{"partition", letter.message->partition},
                                                 {"offset", letter.message->offset},
                                                 {"reason", letter.reason},
                                                 {"detail", letter.detail}});
    }
    return {};
  }

  void Watch(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::string last;
    auto forget_at = steady_clock::now() + kForgetEvery;
    healthy_.Set(1);
    while (!stop.stop_requested()) {
      {
        std::unique_lock lock(mutex);
        never.wait_for(lock, stop, kWatchEvery, [] { return false; });
      }
      Report(last);
      if (steady_clock::now() >= forget_at && Forget()) {
        forget_at = steady_clock::now() + kForgetEvery;
      }
    }
  }

  // Logs when what keeps the consumer waiting changes; joining the group is no news.
  void Report(std::string& last) {
    const Status health = consumer_.Health();
    std::string now = health.ok() ? "" : health.error().ToString();
    healthy_.Set(health.ok() ? 1 : 0);
    bad_seconds_ = health.ok() ? 0 : bad_seconds_ + 1;
    if (now == last || (!health.ok() && bad_seconds_ < kPatienceSeconds)) return;
    if (now.empty()) {
      logging::Info("ratings are applied again");
    } else {
      logging::Warning("ratings can't be applied", {{"error", now}});
    }
    last = std::move(now);
  }

  // False while there are more to forget.
  bool Forget() {
    const auto forgotten = ratings::ForgetAppliedEvents(
        pool_, kRememberEvents, kForgetRows, SystemClock().Now() + std::chrono::seconds(10));
    if (!forgotten.ok()) {
      logging::Warning("old event ids couldn't be deleted",
                       {{"error", forgotten.error().ToString()}});
      return true;
    }
    return *forgotten < kForgetRows;
  }

  pg::Pool& pool_;
  metrics::Metrics& metrics_;
  metrics::Counter applied_;
  metrics::Gauge healthy_;
  ratings::RatingProjection projection_;
  kafka::GroupConsumer consumer_;
  int bad_seconds_ = 0;  // the watch's
  std::jthread watch_;
};

RatingsConsumer::RatingsConsumer(kafka::GroupConsumerConfig config, pg::Pool& pool,
                                 ratings::RatingProjection::Step step, metrics::Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(config), pool, std::move(step), metrics)) {}
RatingsConsumer::~RatingsConsumer() = default;
void RatingsConsumer::Stop() { impl_->Stop(); }
Status RatingsConsumer::Health() const { return impl_->Health(); }

}  // namespace marquee::catalog
