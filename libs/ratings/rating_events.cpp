#include "ratings/rating_events.h"

#include <google/protobuf/util/time_util.h>

#include "marquee/events/v1/events.pb.h"
#include "rules/rating.h"

namespace marquee::ratings {
namespace {

using events::v1::RatingEvent;
using google::protobuf::util::TimeUtil;

Error Refused(std::string reason, std::string message) {
  return Error::InvalidArgument(std::move(reason), std::move(message));
}

Result<std::optional<float>> ValueOf(const RatingEvent& event) {
  switch (event.change_case()) {
    case RatingEvent::kValue:
      if (!rules::IsRatingValue(event.value())) {
        return Refused("rating_out_of_range", "value is " + std::to_string(event.value()));
      }
      return std::optional(event.value());
    case RatingEvent::kRetracted:
      if (event.retracted()) return std::optional<float>();
      break;
    case RatingEvent::CHANGE_NOT_SET: break;
  }
  return Refused("change_missing", "neither a value nor a retraction");
}

}  // namespace

void EncodeRating(const RatingChange& change, std::string& out) {
  RatingEvent event;
  event.set_event_id(change.event_id.bytes().data(), change.event_id.bytes().size());
  event.set_user_id(change.user_id);
  event.set_movie_id(change.movie_id);
  if (change.value) {
    event.set_value(*change.value);
  } else {
    event.set_retracted(true);
  }
  *event.mutable_occurred_at() = TimeUtil::MicrosecondsToTimestamp(change.occurred_at_us);
  event.set_source(change.source == Source::kLive ? events::v1::RATING_SOURCE_LIVE
                                                  : events::v1::RATING_SOURCE_IMPORT);
  event.SerializeToString(&out);
}

Result<RatingChange> DecodeRating(std::string_view key, std::string_view value) {
  RatingEvent event;
  if (!event.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return Refused("undecodable", "not a RatingEvent");
  }
  RatingChange change;
  const auto id = Uuid::FromBytes(event.event_id());
  if (!id) return Refused("event_id_invalid", "the event id isn't 16 bytes");
  change.event_id = *id;
  if (event.user_id() < 1)
    return Refused("user_id_invalid", "user " + std::to_string(event.user_id()));
  if (event.movie_id() < 1) {
    return Refused("movie_id_invalid", "movie " + std::to_string(event.movie_id()));
  }
  change.user_id = event.user_id();
  change.movie_id = event.movie_id();
  if (key != std::to_string(event.user_id())) {
    return Refused("key_mismatch", "the key isn't the user id");
  }
  ASSIGN_OR_RETURN(change.value, ValueOf(event));
  const auto& at = event.occurred_at();
  if (!event.has_occurred_at() || at.seconds() < TimeUtil::kTimestampMinSeconds ||
      at.seconds() > TimeUtil::kTimestampMaxSeconds || at.nanos() < 0 || at.nanos() > 999'999'999) {
    return Refused("time_out_of_range", "occurred_at is missing or out of range");
  }
  change.occurred_at_us = TimeUtil::TimestampToMicroseconds(at);
  switch (event.source()) {
    case events::v1::RATING_SOURCE_LIVE: change.source = Source::kLive; return change;
    case events::v1::RATING_SOURCE_IMPORT: change.source = Source::kImport; return change;
    default: return Refused("source_unknown", "source " + std::to_string(event.source()));
  }
}

}  // namespace marquee::ratings
