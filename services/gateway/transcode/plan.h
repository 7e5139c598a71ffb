// What the transcoder knows of each message type, worked out once at start so that no request looks
// up a descriptor: for each field its kind, its JSON key and the plan of the message in it.
// Immutable once built; thread-safe to read.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"

namespace google::protobuf {
class Arena;
class Descriptor;
class EnumDescriptor;
class FieldDescriptor;
class Message;
class MessageFactory;
class Reflection;
}  // namespace google::protobuf

namespace marquee::gateway {

struct MessagePlan;

enum class Kind : std::uint8_t {
  kBool,
  kInt32,
  kInt64,
  kUint32,
  kUint64,
  kFloat,
  kDouble,
  kString,
  kBytes,
  kEnum,
  kMessage
};

// Types whose JSON isn't an object of their fields.
enum class WellKnown : std::uint8_t { kNone, kTimestamp, kDuration, kFieldMask, kHttpBody };

struct FieldPlan {
  const google::protobuf::FieldDescriptor* field = nullptr;
  Kind kind = Kind::kBool;
  bool repeated = false;
  bool map = false;
  bool presence =
      false;  // unset can be told from default: `optional`, members of a oneof, messages
  std::uint8_t index = 0;
  std::string name;                      // as in the .proto
  std::string key;                       // "\"name\":", ready to be written
  const MessagePlan* message = nullptr;  // kMessage only; of a map, the entry's
};

struct MessagePlan {
  const google::protobuf::Descriptor* descriptor = nullptr;
  const google::protobuf::Message* prototype = nullptr;
  const google::protobuf::Reflection* reflection = nullptr;
  WellKnown well_known = WellKnown::kNone;
  std::vector<FieldPlan> fields;  // in order of declaration; at most kMaxFields

  static constexpr std::size_t kMaxFields = 128;

  const FieldPlan* Find(std::string_view name) const;
  google::protobuf::Message* New(google::protobuf::Arena* arena) const;

  std::unordered_map<std::string_view, const FieldPlan*> by_name;
};

class PlanSet {
 public:
  // Messages are made by `factory`, which must outlive this.
  explicit PlanSet(google::protobuf::MessageFactory& factory) : factory_(factory) {}

  // The type's plan and those of all types in it. Building isn't thread-safe. FAILED_PRECONDITION
  // for a type that can't be transcoded (too many fields, Any).
  Result<const MessagePlan*> Add(const google::protobuf::Descriptor* type);
  // The plan without these outermost fields: they come and go by other ways. The plan itself when
  // there are none.
  const MessagePlan* Without(const MessagePlan& plan, const std::set<std::string>& fields);

 private:
  google::protobuf::MessageFactory& factory_;
  std::unordered_map<const google::protobuf::Descriptor*, std::unique_ptr<MessagePlan>> plans_;
  std::deque<MessagePlan> parts_;
};

}  // namespace marquee::gateway
