#include "registry/clients/model_announcer.h"

#include "kafka/producer.h"
#include "marquee/events/v1/events.pb.h"
#include "tracing/trace.h"

namespace marquee::registry {

Status ModelAnnouncer::Announce(const Promotion& promotion, const CallContext& call) {
  events::v1::ModelPromoted event;
  event.set_model(promotion.model);
  event.set_alias(promotion.alias);
  event.set_version(promotion.version);
  event.set_sha256(promotion.sha256);
  const auto since = promotion.promoted_at.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  event.mutable_promoted_at()->set_seconds(seconds.count());
  event.mutable_promoted_at()->set_nanos(static_cast<std::int32_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since - seconds).count()));

  kafka::Outgoing message{.topic = topic_,
                          .key = promotion.model + "/" + promotion.alias,
                          .value = event.SerializeAsString(),
                          .headers = {}};
  if (const auto* trace = tracing::Current(); trace != nullptr)
    message.headers.push_back({tracing::kTraceparent, trace->ToTraceparent()});
  const auto position =
      producer_.Produce(std::move(message), call.Before(SystemClock().Now() + timeout_).deadline);
  if (!position.ok()) return position.error();
  return {};
}

}  // namespace marquee::registry
