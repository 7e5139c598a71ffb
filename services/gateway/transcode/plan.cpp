#include "gateway/transcode/plan.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

namespace marquee::gateway {
namespace {

namespace pb = google::protobuf;

Kind KindOf(const pb::FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_BOOL: return Kind::kBool;
    case pb::FieldDescriptor::CPPTYPE_INT32: return Kind::kInt32;
    case pb::FieldDescriptor::CPPTYPE_INT64: return Kind::kInt64;
    case pb::FieldDescriptor::CPPTYPE_UINT32: return Kind::kUint32;
    case pb::FieldDescriptor::CPPTYPE_UINT64: return Kind::kUint64;
    case pb::FieldDescriptor::CPPTYPE_FLOAT: return Kind::kFloat;
    case pb::FieldDescriptor::CPPTYPE_DOUBLE: return Kind::kDouble;
    case pb::FieldDescriptor::CPPTYPE_ENUM: return Kind::kEnum;
    case pb::FieldDescriptor::CPPTYPE_MESSAGE: return Kind::kMessage;
    case pb::FieldDescriptor::CPPTYPE_STRING:
      return field.type() == pb::FieldDescriptor::TYPE_BYTES ? Kind::kBytes : Kind::kString;
  }
  return Kind::kString;
}

WellKnown WellKnownOf(const pb::Descriptor& type) {
  const std::string& name = type.full_name();
  if (name == "google.protobuf.Timestamp") return WellKnown::kTimestamp;
  if (name == "google.protobuf.Duration") return WellKnown::kDuration;
  if (name == "google.protobuf.FieldMask") return WellKnown::kFieldMask;
  if (name == "google.api.HttpBody") return WellKnown::kHttpBody;
  return WellKnown::kNone;
}

}  // namespace

const FieldPlan* MessagePlan::Find(std::string_view name) const {
  const auto it = by_name.find(name);
  return it == by_name.end() ? nullptr : it->second;
}

pb::Message* MessagePlan::New(pb::Arena* arena) const { return prototype->New(arena); }

Result<const MessagePlan*> PlanSet::Add(const pb::Descriptor* type) {
  if (const auto it = plans_.find(type); it != plans_.end())
    return const_cast<const MessagePlan*>(it->second.get());
  MessagePlan& plan = *plans_.emplace(type, std::make_unique<MessagePlan>()).first->second;
  plan.descriptor = type;
  plan.prototype = factory_.GetPrototype(type);
  plan.reflection = plan.prototype->GetReflection();
  plan.well_known = WellKnownOf(*type);
  const bool too_large = type->field_count() > static_cast<int>(MessagePlan::kMaxFields);
  if (too_large || type->full_name() == "google.protobuf.Any") {
    return Error::FailedPrecondition("untranscodable_type",
                                     type->full_name() + " can't be shown over REST");
  }
  if (plan.well_known != WellKnown::kNone && plan.well_known != WellKnown::kHttpBody) {
    return const_cast<const MessagePlan*>(&plan);
  }
  plan.fields.reserve(static_cast<std::size_t>(type->field_count()));
  for (int i = 0; i < type->field_count(); ++i) {
    const pb::FieldDescriptor* field = type->field(i);
    FieldPlan& out = plan.fields.emplace_back();
    out.field = field;
    out.kind = KindOf(*field);
    out.map = field->is_map();
    out.repeated = field->is_repeated();
    out.presence = field->has_presence();
    out.index = static_cast<std::uint8_t>(i);
    out.name = field->name();
    out.key = "\"" + field->name() + "\":";
    if (out.kind == Kind::kMessage && plan.well_known == WellKnown::kNone) {
      ASSIGN_OR_RETURN(out.message, Add(field->message_type()));
    }
    plan.by_name.emplace(out.name, &out);
  }
  return const_cast<const MessagePlan*>(&plan);
}

const MessagePlan* PlanSet::Without(const MessagePlan& plan, const std::set<std::string>& fields) {
  if (fields.empty()) return &plan;
  MessagePlan& part = parts_.emplace_back(plan);
  std::erase_if(part.fields, [&](const FieldPlan& field) { return fields.contains(field.name); });
  part.by_name.clear();
  for (const FieldPlan& field : part.fields) part.by_name.emplace(field.name, &field);
  return &part;
}

}  // namespace marquee::gateway
