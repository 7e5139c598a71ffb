#include "recommender/consume/erasure_feed.h"

#include "logging/log.h"

namespace marquee::recommender {
namespace {

// Histories live in memory for an hour, and events in flight for less.
constexpr std::chrono::hours kOld{24};

}  // namespace

ErasureFeed::ErasureFeed(const kafka::ClusterConfig& cluster, kafka::Producer& producer,
                         std::function<void(std::int64_t)> erase, const Clock& clock,
                         metrics::Metrics& metrics, ErasureTopics topics)
    : producer_(producer),
      erase_(std::move(erase)),
      clock_(clock),
      topics_(std::move(topics)),
      erased_(metrics.AddCounter("marquee_recommender_erasures_total",
                                 "People who were forgotten, repetitions included")),
      undecodable_(metrics.AddCounter("marquee_recommender_erasures_undecodable_total",
                                      "Records of marquee.erasures.v1 that were left out")),
      log_(
          {.cluster = cluster, .topic = topics_.erasures},
          [](std::int32_t) -> Result<kafka::Offsets> { return kafka::Offsets{}; },
          [this](const kafka::Message& message, const LogPosition&) { Take(message); }) {
  metrics.AddGaugeFunction(
      "marquee_recommender_erasures_lag_messages",
      "Records of marquee.erasures.v1 that aren't taken in yet; NaN while unknown", {},
      [this] { return metrics::OrNaN(log_.followed() ? log_.Lag() : std::nullopt); });
}

void ErasureFeed::Take(const kafka::Message& message) {
  const Time now = clock_.Now();
  if (message.tombstone || message.timestamp < now - kOld) return;
  const auto erasure = erasures::DecodeErasure(message.value);
  if (!erasure.ok()) {
    undecodable_.Increment();
    logging::Warning("record left out", {{"topic", topics_.erasures},
                                         {"offset", message.offset},
                                         {"reason", erasure.error().reason}});
    return;
  }
  erase_(erasure->user_id);
  erased_.Increment();
  auto receipt = ToMessage(erasures::Receipt{
      .user_id = erasure->user_id, .service = "recommender", .confirmed_at = now});
  receipt.topic = topics_.receipts;
  producer_.ProduceAsync(std::move(receipt), [](const Result<LogPosition>& sent) {
    if (!sent.ok()) logging::Warning("a receipt wasn't sent", {{"error", sent.error().ToString()}});
  });
}

}  // namespace marquee::recommender
