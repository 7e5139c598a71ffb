#include "rating_ingest/consume/rating_writer.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "logging/log.h"
#include "ratings/rating_events.h"
#include "ratings/rating_projection.h"
#include "tracing/trace.h"

namespace marquee::rating_ingest {
namespace {

constexpr int kForgetRows = 10'000;
constexpr std::chrono::seconds kDeadLetterTimeout{10};

metrics::Counter DeadLetters(metrics::Metrics& metrics, std::string_view reason) {
  return metrics.AddCounter("marquee_rating_ingest_dead_letters_total",
                            "Events that were put aside", {{"reason", std::string(reason)}});
}

// Warns about each message that was put aside, once it is.
ratings::DeadLetterSink Logged(ratings::DeadLetterSink sink) {
  return
      [sink = std::move(sink)](std::span<const ratings::DeadLetterMessage> letters) -> Status {
        RETURN_IF_ERROR(sink(letters));
        for (const auto& letter : letters) {
          const tracing::Scope scope(letter.message->traceparent);
          logging::Warning("event put aside", {{"partition", letter.message->partition},
                                               {"offset", letter.message->offset},
                                               {"reason", letter.reason},
                                               {"detail", letter.detail}});
        }
        return {};
      };
}

// What was applied, and how fresh it was. The consumer's thread's.
class AppliedRatings {
 public:
  explicit AppliedRatings(metrics::Metrics& metrics)
      : freshness_(metrics.AddHistogram(
            "marquee_rating_ingest_freshness_seconds",
            "From a person's rating to its commit in PostgreSQL; imports aside", {},
            {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1'800})) {
    for (int half_stars = 1; half_stars <= kHalfStars; ++half_stars) {
      ratings_.push_back(metrics.AddCounter(
          "marquee_rating_ingest_applied_ratings_total",
          "Ratings that were applied, by value; repetitions included",
          {{"value", std::to_string(half_stars / 2) + (half_stars % 2 == 0 ? ".0" : ".5")}}));
    }
  }

  void Committed(std::span<const ratings::RatingChange> changes, Time now) {
    std::array<std::int64_t, kHalfStars> counts{};
    const auto now_us =
        std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
    for (const auto& change : changes) {
      // An event's value was checked when it was decoded: 0.5 to 5.0.
      if (change.value) ++counts[static_cast<std::size_t>(*change.value * 2) - 1];
      if (change.source == ratings::Source::kLive) {
        freshness_.Observe(
            std::max(0.0, static_cast<double>(now_us - change.occurred_at_us) / 1e6));
      }
    }
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] > 0) ratings_[i].Increment(static_cast<double>(counts[i]));
    }
  }

 private:
  static constexpr int kHalfStars = 10;
  metrics::Histogram freshness_;
  std::vector<metrics::Counter> ratings_;
};

}  // namespace

class RatingWriter::Impl {
 public:
  Impl(WriterConfig config, pg::Pool& pool, BatchSteps steps, kafka::Producer& dead_letters,
       AppliedPositions& applied, metrics::Metrics& metrics)
      : config_(std::move(config)),
        pool_(pool),
        applied_(applied),
        metrics_(metrics),
        applied_events_(
            metrics.AddCounter("marquee_rating_ingest_applied_events_total",
                               "Rating events that were applied, repetitions included")),
        values_(metrics),
        projection_(
            pool,
            Logged(ratings::KafkaDeadLetters(dead_letters, "rating_ingest",
                                                config_.consumer.topic, SystemClock(),
                                                kDeadLetterTimeout)),
            std::move(steps.apply),
            {.topic = config_.consumer.topic,
             .record_dead_letters = std::move(steps.count_dead_letters)},
            [this](const kafka::Offsets& next, std::span<const ratings::RatingChange> changes) {
              Committed(next, changes);
            }),
        consumer_(config_.consumer, projection_) {
    for (const auto reason : ratings::kDeadLetterReasons) DeadLetters(metrics, reason);
    metrics.AddGaugeFunction("marquee_rating_ingest_consumer_lag_messages",
                             "Events of our partitions that are not applied yet; -1 while unknown",
                             {}, [this] { return static_cast<double>(consumer_.Stats().lag); });
    metrics.AddGaugeFunction("marquee_rating_ingest_consumer_failures",
                             "Batches that failed and were tried again", {},
                             [this] { return static_cast<double>(consumer_.Stats().failures); });
    metrics.AddGaugeFunction("marquee_rating_ingest_consumer_lost_messages",
                             "Events that Kafka deleted before they were applied", {},
                             [this] { return static_cast<double>(consumer_.Stats().lost); });
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
  void Committed(const kafka::Offsets& next, std::span<const ratings::RatingChange> changes) {
    applied_.Advance(next);
    applied_events_.Increment(static_cast<double>(changes.size()));
    values_.Committed(changes, SystemClock().Now());
    for (const auto& [reason, count] : projection_.Stats().dead_letters_by_reason) {
      auto& reported = reported_[reason];
      if (count == reported) continue;
      DeadLetters(metrics_, reason).Increment(static_cast<double>(count - reported));
      reported = count;
    }
  }

  // Says what goes wrong while it does, and forgets old event ids.
  void Housekeep(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::string last;
    auto forget_at = std::chrono::steady_clock::now() + config_.forget_every;
    while (!stop.stop_requested()) {
      {
        std::unique_lock lock(mutex);
        never.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
      }
      const Status health = consumer_.Health();
      const std::string now = health.ok() ? "" : health.error().ToString();
      if (now != last) {
        if (now.empty())
          logging::Info("the writer applies ratings");
        else
          logging::Warning("the writer waits", {{"error", now}});
        last = now;
      }
      if (std::chrono::steady_clock::now() < forget_at) continue;
      const auto forgotten =
          ratings::ForgetAppliedEvents(pool_, config_.remember_events, kForgetRows,
                                          SystemClock().Now() + std::chrono::seconds(10));
      if (!forgotten.ok()) {
        logging::Warning("old event ids couldn't be deleted",
                         {{"error", forgotten.error().ToString()}});
      } else if (*forgotten == kForgetRows) {
        continue;  // there are more
      }
      forget_at = std::chrono::steady_clock::now() + config_.forget_every;
    }
  }

  const WriterConfig config_;
  pg::Pool& pool_;
  AppliedPositions& applied_;
  metrics::Metrics& metrics_;
  metrics::Counter applied_events_;
  AppliedRatings values_;
  std::map<std::string, std::int64_t> reported_;  // the consumer's thread's
  ratings::RatingProjection projection_;
  kafka::GroupConsumer consumer_;
  std::jthread housekeeper_;
};

RatingWriter::RatingWriter(WriterConfig config, pg::Pool& pool, BatchSteps steps,
                           kafka::Producer& dead_letters, AppliedPositions& applied,
                           metrics::Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(config), pool, std::move(steps), dead_letters, applied,
                                   metrics)) {}
RatingWriter::~RatingWriter() = default;
void RatingWriter::Stop() { impl_->Stop(); }
Status RatingWriter::Health() const { return impl_->Health(); }

}  // namespace marquee::rating_ingest
