#include "gateway/openapi/schemas.h"

#include <google/protobuf/descriptor.h>

#include <nlohmann/json.hpp>

#include "marquee/options/v1/options.pb.h"

namespace marquee::gateway {
namespace {

namespace pb = google::protobuf;
using Json = Schemas::Json;

const options::v1::Field& OptionsOf(const FieldPlan& field) {
  return field.field->options().GetExtension(options::v1::field);
}

// Whole numbers are written without a fraction: "minimum": 0, not 0.0.
Json Number(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  return static_cast<double>(whole) == value ? Json(whole) : Json(value);
}

void Limit(const FieldPlan& field, Json& schema) {
  const auto& options = OptionsOf(field);
  if (options.has_minimum()) schema["minimum"] = Number(options.minimum());
  if (options.has_maximum()) schema["maximum"] = Number(options.maximum());
  if (options.has_multiple_of()) schema["multipleOf"] = Number(options.multiple_of());
  if (field.kind != Kind::kString) return;
  if (options.has_min_length()) {
    schema["minLength"] = options.min_length();
  } else if (options.required() && !field.repeated) {
    schema["minLength"] = 1;
  }
  if (options.has_max_length()) schema["maxLength"] = options.max_length();
}

}  // namespace

Schemas::Schemas(const Contract& contract)
    : contract_(contract), schemas_(std::make_unique<std::map<std::string, Json>>()) {}
Schemas::~Schemas() = default;

std::string Schemas::NameOf(const std::string& full_name, const std::string& name) {
  const auto [it, added] = names_.emplace(name, full_name);
  if (added || it->second == full_name) return name;
  names_.emplace(full_name, full_name);
  return full_name;  // two packages have the name
}

bool Schemas::Required(const FieldPlan& field) { return OptionsOf(field).required(); }

Json Schemas::Example(const FieldPlan& field) {
  const std::string& text = OptionsOf(field).example();
  if (text.empty()) return nullptr;
  Json example = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return example.is_discarded() ? Json(nullptr) : example;
}

Json Schemas::Reference(const MessagePlan& message) {
  const std::string name = NameOf(message.descriptor->full_name(), message.descriptor->name());
  if (!schemas_->contains(name)) {
    (*schemas_)[name] = Json::object();  // a message may hold itself
    (*schemas_)[name] = Object(message, {});
  }
  return {{"$ref", "#/components/schemas/" + name}};
}

Json Schemas::Object(const MessagePlan& message, const std::set<std::string>& without) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const FieldPlan& field : message.fields) {
    if (without.contains(field.name)) continue;
    properties[field.name] = Field(field);
    if (Required(field)) required.push_back(field.name);
  }
  Json schema = {{"type", "object"}};
  if (const std::string text = contract_.Comment(message.descriptor->full_name()); !text.empty()) {
    schema["description"] = text;
  }
  schema["properties"] = std::move(properties);
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

Json Schemas::Field(const FieldPlan& field) {
  Json schema = Constraints(field);
  if (const std::string text = contract_.Comment(field.field->full_name()); !text.empty())
    schema["description"] = text;
  if (Json example = Example(field); !example.is_null())
    schema["examples"] = Json::array({std::move(example)});
  if (OptionsOf(field).secret()) schema["format"] = "password";
  if (OptionsOf(field).read_only()) schema["readOnly"] = true;
  return schema;
}

Json Schemas::Constraints(const FieldPlan& field) {
  if (field.map)
    return {{"type", "object"}, {"additionalProperties", Element(field.message->fields[1])}};
  Json element = Element(field);
  Limit(field, element);
  if (!field.repeated) return element;
  Json list = {{"type", "array"}, {"items", std::move(element)}};
  if (OptionsOf(field).required()) list["minItems"] = 1;
  if (OptionsOf(field).has_max_items()) list["maxItems"] = OptionsOf(field).max_items();
  return list;
}

Json Schemas::Element(const FieldPlan& field) {
  switch (field.kind) {
    case Kind::kBool: return {{"type", "boolean"}};
    case Kind::kInt32: return {{"type", "integer"}, {"format", "int32"}};
    case Kind::kInt64: return {{"type", "integer"}, {"format", "int64"}};
    case Kind::kUint32:
    case Kind::kUint64: return {{"type", "integer"}, {"minimum", 0}};
    case Kind::kFloat: return {{"type", "number"}, {"format", "float"}};
    case Kind::kDouble: return {{"type", "number"}, {"format", "double"}};
    case Kind::kString: return {{"type", "string"}};
    case Kind::kBytes: return {{"type", "string"}, {"contentEncoding", "base64"}};
    case Kind::kEnum: return Enum(*field.field->enum_type());
    case Kind::kMessage: break;
  }
  switch (field.message->well_known) {
    case WellKnown::kTimestamp: return {{"type", "string"}, {"format", "date-time"}};
    case WellKnown::kDuration:
      return {{"type", "string"}, {"pattern", "^-?[0-9]+(\\.[0-9]{1,9})?s$"}};
    case WellKnown::kFieldMask:
      return {{"type", "string"}, {"description", "Field names, separated by commas."}};
    case WellKnown::kHttpBody: return {{"type", "string"}, {"format", "binary"}};
    case WellKnown::kNone: break;
  }
  return Reference(*field.message);
}

Json Schemas::Enum(const pb::EnumDescriptor& type) {
  const std::string name = NameOf(type.full_name(), type.name());
  if (!schemas_->contains(name)) {
    Json values = Json::array();
    for (int i = 0; i < type.value_count(); ++i) values.push_back(type.value(i)->name());
    Json schema = {{"type", "string"}, {"enum", std::move(values)}};
    if (const std::string text = contract_.Comment(type.full_name()); !text.empty())
      schema["description"] = text;
    (*schemas_)[name] = std::move(schema);
  }
  return {{"$ref", "#/components/schemas/" + name}};
}

Json Schemas::All() const {
  Json all = Json::object();
  for (const auto& [name, schema] : *schemas_) all[name] = schema;
  return all;
}

}  // namespace marquee::gateway
