#include "recommender/consume/rating_feed.h"

#include <optional>

#include "kafka/partition_log.h"
#include "logging/log.h"
#include "ratings/rating_events.h"
#include "tracing/trace.h"

namespace marquee::recommender {
namespace {

constexpr char kEvents[] = "marquee_recommender_rating_events_total";
constexpr char kEventsHelp[] = "Events read from marquee.ratings.v1, by what came of them.";

Result<kafka::Offsets> FromLiveEnd(std::int32_t partitions) {
  kafka::Offsets offsets;
  for (std::int32_t partition = 0; partition < partitions; ++partition) {
    offsets[partition] = kafka::kFromEnd;
  }
  return offsets;
}

// A fetch that is under way when a partition becomes ready doesn't ask for it, and only returns
// when this long has passed without news elsewhere: it bounds the rare slow read. Idle, it costs
// twenty small requests a second.
kafka::ClusterConfig Prompt(kafka::ClusterConfig cluster) {
  cluster.properties.try_emplace("fetch.wait.max.ms", "50");
  return cluster;
}

}  // namespace

RatingFeed::RatingFeed(const kafka::ClusterConfig& cluster, std::string topic, HistoryStore& store,
                       metrics::Metrics& metrics)
    : store_(store),
      events_(metrics.AddCounter(kEvents, kEventsHelp, {{"outcome", "applied"}})),
      undecodable_(metrics.AddCounter(kEvents, kEventsHelp, {{"outcome", "undecodable"}})),
      log_(std::make_unique<kafka::PartitionLog>(
          kafka::PartitionLogConfig{.cluster = Prompt(cluster), .topic = std::move(topic)},
          FromLiveEnd, [this](const kafka::Message& message) { Apply(message); })) {
  metrics.AddGaugeFunction("marquee_recommender_consumer_lag_messages",
                           "Events in marquee.ratings.v1 that are not applied yet; -1: unknown.",
                           {}, [this] { return static_cast<double>(log_->Lag()); });
  metrics.AddGaugeFunction(
      "marquee_recommender_consumer_up",
      "1 while Kafka answers; at 0 histories stay as they were when it last did.", {},
      [this] { return log_->Health().ok() ? 1.0 : 0.0; });
}

RatingFeed::~RatingFeed() { Stop(); }

void RatingFeed::Stop() { log_->Stop(); }

void RatingFeed::Apply(const kafka::Message& message) {
  const auto change = ratings::DecodeRating(message.key, message.value);
  // The writer sends it to the dead letters; here only its offset counts.
  (change.ok() ? events_ : undecodable_).Increment();
  // An import's events carry no trace, and leave no line each.
  std::optional<tracing::Scope> scope;
  if (!message.traceparent.empty()) scope.emplace(message.traceparent);
  if (!change.ok()) {
    logging::Warning("rating event left out", {{"partition", message.partition},
                                               {"offset", message.offset},
                                               {"reason", change.error().reason}});
  }
  store_.Apply(message.partition, message.offset, change.ok() ? &change.value() : nullptr);
  if (change.ok() && scope) {
    logging::Info("rating taken in",
                  {{"partition", message.partition}, {"offset", message.offset}});
  }
}

std::int32_t RatingFeed::partitions() const { return log_->partition_count(); }

std::int64_t RatingFeed::Next(std::int32_t partition) const { return log_->Next(partition); }

bool RatingFeed::WaitFor(const LogPosition& position, Time deadline) const {
  return log_->WaitFor({position.partition, position.next_offset - 1}, deadline);
}

}  // namespace marquee::recommender
