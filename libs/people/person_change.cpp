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

}  // namespace

std::string KeyOf(const PersonChange& change) { return std::to_string(change.user_id); }

std::string Encode(const PersonChange& change) {
  events::v1::PersonChanged message;
  message.set_user_id(change.user_id);
  const auto since =
      std::chrono::duration_cast<std::chrono::microseconds>(change.changed_at.time_since_epoch());
  *message.mutable_changed_at() = TimeUtil::MicrosecondsToTimestamp(since.count());
  message.set_deleted(change.deleted);
  for (const auto& role : change.roles) message.add_roles(role);
  return message.SerializeAsString();
}

Result<PersonChange> Decode(std::string_view value) {
  events::v1::PersonChanged message;
  if (!message.ParseFromArray(value.data(), static_cast<int>(value.size())) ||
      message.user_id() < 1 || !InRange(message.changed_at()))
    return Error::InvalidArgument("undecodable", "not a PersonChanged");
  const std::chrono::microseconds since{TimeUtil::TimestampToMicroseconds(message.changed_at())};
  return PersonChange{.user_id = message.user_id(),
                      .changed_at = Time{std::chrono::duration_cast<Time::duration>(since)},
                      .deleted = message.deleted(),
                      .roles = {message.roles().begin(), message.roles().end()}};
}

}  // namespace marquee::people
