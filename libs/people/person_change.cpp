#include "people/person_change.h"

#include <google/protobuf/util/time_util.h>

#include "marquee/events/v1/events.pb.h"

namespace marquee::people {

using google::protobuf::util::TimeUtil;

namespace {

constexpr std::int64_t kLatestSecond = 9'000'000'000;  // beyond it, Time's nanoseconds overflow

bool InRange(const google::protobuf::Timestamp& timestamp) {
  return timestamp.seconds() >= 0 && timestamp.seconds() <= kLatestSecond &&
         timestamp.nanos() >= 0 && timestamp.nanos() < 1'000'000'000;
}

google::protobuf::Timestamp ToTimestamp(Time time) {
  const auto since = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch());
  return TimeUtil::MicrosecondsToTimestamp(since.count());
}

Time ToTime(const google::protobuf::Timestamp& timestamp) {
  const std::chrono::microseconds since{TimeUtil::TimestampToMicroseconds(timestamp)};
  return Time{std::chrono::duration_cast<Time::duration>(since)};
}

Error Undecodable() { return Error::InvalidArgument("undecodable", "not a PersonChanged"); }

}  // namespace

std::string KeyOf(const PersonChange& change) {
  const std::string user = std::to_string(change.user_id);
  return change.ended_session.empty() ? user : user + "/" + change.ended_session;
}

std::string Encode(const PersonChange& change) {
  events::v1::PersonChanged message;
  message.set_user_id(change.user_id);
  if (!change.ended_session.empty()) {
    auto& ended = *message.mutable_session_ended();
    ended.set_session_id(change.ended_session);
    *ended.mutable_ended_at() = ToTimestamp(change.changed_at);
    return message.SerializeAsString();
  }
  *message.mutable_changed_at() = ToTimestamp(change.changed_at);
  message.set_deleted(change.deleted);
  for (const auto& role : change.roles) message.add_roles(role);
  message.set_disabled(change.disabled);
  return message.SerializeAsString();
}

Result<PersonChange> Decode(std::string_view value) {
  events::v1::PersonChanged message;
  if (!message.ParseFromArray(value.data(), static_cast<int>(value.size())) ||
      message.user_id() < 1 || !InRange(message.changed_at()))
    return Undecodable();
  if (message.has_session_ended()) {
    const auto& ended = message.session_ended();
    if (ended.session_id().empty() || ended.session_id().size() > kMostSessionIdBytes ||
        !InRange(ended.ended_at()))
      return Undecodable();
    return PersonChange{.user_id = message.user_id(),
                        .changed_at = ToTime(ended.ended_at()),
                        .ended_session = ended.session_id()};
  }
  return PersonChange{.user_id = message.user_id(),
                      .changed_at = ToTime(message.changed_at()),
                      .deleted = message.deleted(),
                      .roles = {message.roles().begin(), message.roles().end()},
                      .disabled = message.disabled()};
}

}  // namespace marquee::people
