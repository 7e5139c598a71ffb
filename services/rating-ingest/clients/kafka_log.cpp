#include "rating-ingest/clients/kafka_log.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <memory>

#include "marquee/events/v1/events.pb.h"
#include "ratings/rating_events.h"
#include "tracing/trace.h"

namespace marquee::rating_ingest {
namespace {

void CarryTrace(kafka::Outgoing& message) {
  if (const auto* trace = tracing::Current()) {
    message.headers.push_back({tracing::kTraceparent, trace->ToTraceparent()});
  }
}

events::v1::InteractionKind KindOf(InteractionKind kind) {
  switch (kind) {
    case InteractionKind::kImpression: return events::v1::INTERACTION_KIND_IMPRESSION;
    case InteractionKind::kClick: return events::v1::INTERACTION_KIND_CLICK;
    case InteractionKind::kWatch: return events::v1::INTERACTION_KIND_WATCH;
  }
  return events::v1::INTERACTION_KIND_UNSPECIFIED;
}

std::string Encode(std::int64_t user_id, const Interaction& interaction, const Uuid& id) {
  events::v1::InteractionEvent event;
  event.set_event_id(id.bytes().data(), id.bytes().size());
  event.set_user_id(user_id);
  event.set_movie_id(interaction.movie_id);
  event.set_kind(KindOf(interaction.kind));
  *event.mutable_occurred_at() =
      google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(interaction.occurred_at_us);
  event.set_recommendation_id(interaction.recommendation_id);
  return event.SerializeAsString();
}

}  // namespace

KafkaLog::KafkaLog(kafka::Producer& producer, metrics::Metrics& metrics, std::string topic,
                   std::chrono::milliseconds timeout)
    : producer_(producer),
      topic_(std::move(topic)),
      timeout_(timeout),
      produce_duration_(
          metrics.AddHistogram("marquee_rating_ingest_produce_duration_seconds",
                               "From a rating's hand-over to Kafka's acknowledgement")),
      produce_failures_(metrics.AddCounter("marquee_rating_ingest_produce_failures_total",
                                           "Ratings that Kafka didn't acknowledge in time")) {
  metrics.AddGaugeFunction("marquee_rating_ingest_produce_queue_messages",
                           "Messages that wait for Kafka's acknowledgement", {},
                           [this] { return static_cast<double>(producer_.queued()); });
}

// Early enough that the caller hears our answer rather than its own deadline.
Time KafkaLog::AnswerBy(Time deadline) const {
  const Time now = SystemClock().Now();
  const auto margin =
      std::min<Time::duration>(std::chrono::milliseconds(100), (deadline - now) / 10);
  return std::min(deadline - margin, now + timeout_);
}

Result<LogPosition> KafkaLog::Append(const RatingChange& change, const CallContext& call) {
  kafka::Outgoing message{.topic = topic_, .key = std::to_string(change.user_id)};
  ratings::EncodeRating(change, message.value);
  CarryTrace(message);
  const auto started = std::chrono::steady_clock::now();
  const auto position = producer_.Produce(std::move(message), AnswerBy(call.deadline));
  produce_duration_.Observe(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
  if (!position.ok()) produce_failures_.Increment();
  return position;
}

void KafkaLog::AppendAsync(const RatingChange& change, Acknowledged acknowledged) {
  kafka::Outgoing message{.topic = topic_, .key = std::to_string(change.user_id)};
  ratings::EncodeRating(change, message.value);
  producer_.ProduceAsync(std::move(message), std::move(acknowledged));
}

Result<std::int32_t> KafkaLog::PartitionOf(std::int64_t user_id, const CallContext& call) {
  ASSIGN_OR_RETURN(const std::int32_t count, producer_.PartitionCount(topic_, call.deadline));
  return kafka::PartitionFor(std::to_string(user_id), count);
}

Result<Offsets> KafkaLog::EndOffsets(const CallContext& call) {
  return producer_.EndOffsets(topic_, call.deadline);
}

Result<std::int64_t> KafkaLog::EndOffset(std::int32_t partition, const CallContext& call) {
  return producer_.EndOffset(topic_, partition, call.deadline);
}

Status KafkaLog::AppendInteractions(std::int64_t user_id,
                                    const std::vector<Interaction>& interactions,
                                    const std::vector<Uuid>& ids, const CallContext& call) {
  std::vector<kafka::Outgoing> messages;
  for (std::size_t i = 0; i < interactions.size(); ++i) {
    kafka::Outgoing message{.topic = std::string(ratings::kInteractionsTopic),
                            .key = std::to_string(user_id),
                            .value = Encode(user_id, interactions[i], ids[i])};
    CarryTrace(message);
    messages.push_back(std::move(message));
  }
  return producer_.ProduceAll(
      std::move(messages), AnswerBy(call.deadline),
      Error::Unavailable("kafka_unavailable", "the event log didn't answer in time; try again"));
}

}  // namespace marquee::rating_ingest
