#include "erasures/erasure_events.h"

#include <google/protobuf/util/time_util.h>

#include <chrono>

#include "marquee/events/v1/events.pb.h"

namespace marquee::erasures {
namespace {

using google::protobuf::util::TimeUtil;

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
  return Time{std::chrono::microseconds{TimeUtil::TimestampToMicroseconds(timestamp)}};
}

template <typename Message>
Result<Message> Parsed(std::string_view value, const char* name) {
  Message message;
  if (!message.ParseFromArray(value.data(), static_cast<int>(value.size())) ||
      message.user_id() < 1)
    return Error::InvalidArgument("undecodable", std::string("not a ") + name);
  return message;
}

kafka::Outgoing Outgoing(std::string_view topic, std::int64_t user_id,
                         const google::protobuf::MessageLite& message) {
  return {.topic = std::string(topic),
          .key = std::to_string(user_id),
          .value = message.SerializeAsString()};
}

}  // namespace

kafka::Outgoing ToMessage(const Erasure& erasure) {
  events::v1::PersonErased message;
  message.set_user_id(erasure.user_id);
  message.set_erasure_id(erasure.erasure_id);
  *message.mutable_requested_at() = ToTimestamp(erasure.requested_at);
  return Outgoing(kErasuresTopic, erasure.user_id, message);
}

kafka::Outgoing ToMessage(const Receipt& receipt) {
  events::v1::ErasureConfirmed message;
  message.set_user_id(receipt.user_id);
  message.set_service(receipt.service);
  *message.mutable_confirmed_at() = ToTimestamp(receipt.confirmed_at);
  return Outgoing(kReceiptsTopic, receipt.user_id, message);
}

Result<Erasure> DecodeErasure(std::string_view value) {
  ASSIGN_OR_RETURN(const auto message, Parsed<events::v1::PersonErased>(value, "PersonErased"));
  if (message.erasure_id().empty() || message.erasure_id().size() > kMostErasureIdBytes ||
      !InRange(message.requested_at()))
    return Error::InvalidArgument("undecodable", "not a PersonErased");
  return Erasure{message.user_id(), message.erasure_id(), ToTime(message.requested_at())};
}

Result<Receipt> DecodeReceipt(std::string_view value) {
  ASSIGN_OR_RETURN(const auto message,
                   Parsed<events::v1::ErasureConfirmed>(value, "ErasureConfirmed"));
  if (message.service().empty() || message.service().size() > kMostServiceNameBytes ||
      !InRange(message.confirmed_at()))
    return Error::InvalidArgument("undecodable", "not an ErasureConfirmed");
  return Receipt{message.user_id(), message.service(), ToTime(message.confirmed_at())};
}

}  // namespace marquee::erasures
