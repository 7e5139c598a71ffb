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
      metrics_(metrics),
      events_(metrics.AddCounter(kEvents, kEventsHelp, {{"outcome", "applied"}})),
      undecodable_(metrics.AddCounter(kEvents, kEventsHelp, {{"outcome", "undecodable"}})),
      log_(std::make_unique<kafka::PartitionLog>(
          kafka::PartitionLogConfig{
              .cluster = Prompt(cluster),
              .topic = std::move(topic),
              .again_messages = static_cast<std::int64_t>(store.events_kept())},
          FromLiveEnd,
          [this](const kafka::Message& message, const LogPosition& after) {
            Apply(message, after);
          },
          [this](const LogPosition& from, bool another_log) { Begin(from, another_log); })) {
  metrics.AddGaugeFunction(
      "marquee_recommender_consumer_lag_messages",
      "Events in marquee.ratings.v1 that are not applied yet; below 0 while the log ends before "
      "what was applied; NaN while unknown.",
      {}, [this] { return metrics::OrNaN(log_->Lag()); });
  metrics.AddGaugeFunction(
      "marquee_recommender_consumer_up",
      "1 while Kafka answers; at 0 histories stay as they were when it last did.", {},
      [this] { return log_->followed() ? 1.0 : 0.0; });
}

RatingFeed::~RatingFeed() { Stop(); }

void RatingFeed::Stop() { log_->Stop(); }

void RatingFeed::Begin(const LogPosition& from, bool another_log) {
  const metrics::Labels partition{{"partition", std::to_string(from.partition)}};
  auto others = metrics_.AddCounter(
      "marquee_recommender_consumer_other_logs_total",
      "How often the partition was another log than the one that was read.", partition);
  auto when = metrics_.AddGauge("marquee_recommender_consumer_other_logs_timestamp_seconds",
                                "When that last happened, Unix time; 0: never.", partition);
  if (!another_log) return store_.Follow(from);
  others.Increment();
  when.Set(std::chrono::duration<double>(SystemClock().Now().time_since_epoch()).count());
  store_.FollowAnother(from);
}

void RatingFeed::Apply(const kafka::Message& message, const LogPosition& after) {
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
  store_.Apply(after, change.ok() ? &change.value() : nullptr);
  if (change.ok() && scope) {
    logging::Info("rating taken in",
                  {{"partition", message.partition}, {"offset", message.offset}});
  }
}

std::int32_t RatingFeed::partitions() const { return log_->partition_count(); }

std::int64_t RatingFeed::Next(std::int32_t partition) const { return log_->Next(partition); }

Reach RatingFeed::WaitFor(const LogPosition& position, Time deadline) const {
  switch (log_->WaitFor(position, deadline)) {
    case kafka::Awaited::kReached: return Reach::kReached;
    case kafka::Awaited::kLate: return Reach::kLate;
    case kafka::Awaited::kElsewhere: return Reach::kElsewhere;
    case kafka::Awaited::kBeyond: return Reach::kBeyond;
    case kafka::Awaited::kUnread: return Reach::kUnread;
  }
  return Reach::kUnread;
}

}  // namespace marquee::recommender
