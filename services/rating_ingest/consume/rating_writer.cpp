#include "rating_ingest/consume/rating_writer.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>

#include "logging/log.h"
#include "projection/rating_events.h"
#include "projection/rating_projection.h"

namespace marquee::rating_ingest {
namespace {

constexpr int kForgetRows = 10'000;
constexpr std::chrono::seconds kDeadLetterTimeout{10};

// Warns about each message that was put aside, once it is.
projection::DeadLetterSink Logged(projection::DeadLetterSink sink) {
  return
      [sink = std::move(sink)](std::span<const projection::DeadLetterMessage> letters) -> Status {
        RETURN_IF_ERROR(sink(letters));
        for (const auto& letter : letters) {
          logging::Warning("event put aside", {{"partition", letter.message->partition},
                                               {"offset", letter.message->offset},
                                               {"reason", letter.reason},
                                               {"detail", letter.detail}});
        }
        return {};
      };
}

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
        projection_(
            pool,
            Logged(projection::KafkaDeadLetters(dead_letters, "rating_ingest",
                                                config_.consumer.topic, SystemClock(),
                                                kDeadLetterTimeout)),
            std::move(steps.apply),
            {.topic = config_.consumer.topic,
             .record_dead_letters = std::move(steps.count_dead_letters)},
            [this](const kafka::Offsets& next, std::span<const projection::RatingChange> changes) {
              Committed(next, changes.size());
            }),
        consumer_(config_.consumer, projection_) {
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
  void Committed(const kafka::Offsets& next, std::size_t events) {
    applied_.Advance(next);
    applied_events_.Increment(static_cast<double>(events));
    for (const auto& [reason, count] : projection_.Stats().dead_letters_by_reason) {
      auto& reported = reported_[reason];
      if (count == reported) continue;
      metrics_
          .AddCounter("marquee_rating_ingest_dead_letters_total", "Events that were put aside",
                      {{"reason", reason}})
          .Increment(static_cast<double>(count - reported));
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
          projection::ForgetAppliedEvents(pool_, config_.remember_events, kForgetRows,
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
  std::map<std::string, std::int64_t> reported_;  // the consumer's thread's
  projection::RatingProjection projection_;
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
