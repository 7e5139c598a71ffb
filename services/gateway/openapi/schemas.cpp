#include "gateway/openapi/schemas.h"

#include <google/protobuf/descriptor.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <regex>

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

template <typename Integer>
void RangeOf(Json& schema) {
  schema["minimum"] = std::numeric_limits<Integer>::min();
  schema["maximum"] = std::numeric_limits<Integer>::max();
}

bool IsText(const FieldPlan& field) {
  return field.kind == Kind::kString ||
         (field.kind == Kind::kMessage && field.message->well_known == WellKnown::kFieldMask);
}

void LimitText(const FieldPlan& field, Json& schema) {
  const auto& options = OptionsOf(field);
  if (options.one_of_size() > 0) {
    schema["enum"] = Json::array();
    for (const std::string& value : options.one_of()) schema["enum"].push_back(value);
    // Empty is as if it weren't there.
    if (!options.required() && !field.repeated) schema["enum"].push_back("");
    return;
  }
  if (options.has_min_length()) {
    schema["minLength"] = options.min_length();
  } else if (options.required() && !field.repeated) {
    schema["minLength"] = 1;
  }
  if (options.has_max_length()) schema["maxLength"] = options.max_length();
  if (!options.pattern().empty()) schema["pattern"] = options.pattern();
  if (!options.format().empty()) schema["format"] = options.format();
}

void Limit(const FieldPlan& field, Json& schema) {
  const auto& options = OptionsOf(field);
  if (options.has_minimum()) schema["minimum"] = Number(options.minimum());
  if (options.has_maximum()) schema["maximum"] = Number(options.maximum());
  if (options.has_multiple_of()) schema["multipleOf"] = Number(options.multiple_of());
  if (IsText(field)) LimitText(field, schema);
}

bool MatchesNothing(const std::string& pattern) {
  if (pattern.empty()) return true;
  // Wide, since the narrow one has no characters from 0x80 on. Patterns are ASCII.
  const std::wregex expression(std::wstring(pattern.begin(), pattern.end()));
  return std::regex_search(std::wstring(), expression);
}

// Whether the field may be left out, and so be null: no presence is asked for, and the value that
// it then has is one that it may have.
bool MayBeLeftOut(const FieldPlan& field) {
  const auto& options = OptionsOf(field);
  if (options.required()) return false;
  if (field.presence || field.repeated) return true;
  if (options.has_minimum() && options.minimum() > 0) return false;
  if (options.has_maximum() && options.maximum() < 0) return false;
  return options.one_of_size() == 0 && options.min_length() == 0 &&
         MatchesNothing(options.pattern());
}

Json OrNull(Json schema) {
  if (!schema.contains("type"))
    return {{"anyOf", Json::array({std::move(schema), {{"type", "null"}}})}};
  const Json type = schema["type"];
  schema["type"] = Json::array({type, "null"});
  return schema;
}

}  // namespace

Schemas::Schemas(const Contract& contract)
    : contract_(contract), schemas_(std::make_unique<std::map<std::string, Json>>()) {}
Schemas::~Schemas() = default;

void Schemas::Written(const MessagePlan& message) {
  if (!written_.insert(message.descriptor->full_name()).second) return;
  for (const FieldPlan& field : message.fields) {
    if (field.kind == Kind::kEnum) written_.insert(field.field->enum_type()->full_name());
    if (field.kind == Kind::kMessage && field.message != nullptr) Written(*field.message);
  }
}

std::string Schemas::NameOf(const std::string& identity, const std::string& name) {
  std::string free = name;
  for (int n = 2;; ++n) {
    const auto [it, added] = names_.emplace(free, identity);
    if (added || it->second == identity) return free;
    free = name + std::to_string(n);
  }
}

bool Schemas::Required(const FieldPlan& field) { return OptionsOf(field).required(); }

Json Schemas::Example(const FieldPlan& field) {
  const std::string& text = OptionsOf(field).example();
  if (text.empty()) return nullptr;
  Json example = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return example.is_discarded() ? Json(nullptr) : example;
}

Json Schemas::Reference(const MessagePlan& message, Use use) {
  const std::string& full_name = message.descriptor->full_name();
  const bool input = use == Use::kRequest && written_.contains(full_name);
  const std::string name = NameOf(full_name + (input ? " read" : ""),
                                  message.descriptor->name() + (input ? "Input" : ""));
  if (!schemas_->contains(name)) {
    (*schemas_)[name] = Json::object();  // a message may hold itself
    (*schemas_)[name] = Object(message, {use, {}, {}});
  }
  return {{"$ref", "#/components/schemas/" + name}};
}

Json Schemas::Body(const MessagePlan& message, const std::string& name,
                   const std::set<std::string>& without, const std::set<std::string>& required) {
  if (without.empty() && required.empty()) return Reference(message, Use::kRequest);
  std::string identity = message.descriptor->full_name() + " read";
  for (const std::string& field : without) identity += " -" + field;
  for (const std::string& field : required) identity += " +" + field;
  const std::string own = NameOf(identity, name);
  if (!schemas_->contains(own))
    (*schemas_)[own] = Object(message, {Use::kRequest, without, required});
  return {{"$ref", "#/components/schemas/" + own}};
}

Json Schemas::Answer(const MessagePlan& message, const std::string& name,
                     const std::set<std::string>& without) {
  if (without.empty()) return Reference(message, Use::kAnswer);
  std::string identity = message.descriptor->full_name() + " written";
  for (const std::string& field : without) identity += " -" + field;
  const std::string own = NameOf(identity, name);
  if (!schemas_->contains(own)) (*schemas_)[own] = Object(message, {Use::kAnswer, without, {}});
  return {{"$ref", "#/components/schemas/" + own}};
}

Json Schemas::Named(const std::string& name, Json schema) {
  const std::string own = NameOf("named " + name, name);
  (*schemas_)[own] = std::move(schema);
  return {{"$ref", "#/components/schemas/" + own}};
}

Json Schemas::Object(const MessagePlan& message, const Shape& shape) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const FieldPlan& field : message.fields) {
    if (shape.without.contains(field.name)) continue;
    if (field.kind == Kind::kMessage && field.message == nullptr) continue;  // never written
    properties[field.name] = Field(field, shape.use);
    const bool needed = shape.use == Use::kAnswer
                            ? !field.presence
                            : Required(field) || shape.required.contains(field.name);
    if (needed) required.push_back(field.name);
  }
  Json schema = {{"type", "object"}};
  if (const std::string text = contract_.Comment(message.descriptor->full_name()); !text.empty()) {
    schema["description"] = text;
  }
  schema["properties"] = std::move(properties);
  if (!required.empty()) schema["required"] = std::move(required);
  if (shape.use == Use::kRequest) schema["additionalProperties"] = false;
  return schema;
}

Json Schemas::Field(const FieldPlan& field, Use use) {
  Json schema = Constraints(field, use);
  if (use == Use::kRequest && MayBeLeftOut(field)) schema = OrNull(std::move(schema));
  if (const std::string text = contract_.Comment(field.field->full_name()); !text.empty())
    schema["description"] = text;
  if (Json example = Example(field); !example.is_null())
    schema["examples"] = Json::array({std::move(example)});
  if (OptionsOf(field).secret()) schema["format"] = "password";
  if (OptionsOf(field).read_only()) schema["readOnly"] = true;
  return schema;
}

Json Schemas::Constraints(const FieldPlan& field, Use use) {
  if (field.map)
    return {{"type", "object"}, {"additionalProperties", Element(field.message->fields[1], use)}};
  Json element = Element(field, use);
  Limit(field, element);
  if (!field.repeated) return element;
  Json list = {{"type", "array"}, {"items", std::move(element)}};
  if (OptionsOf(field).required()) list["minItems"] = 1;
  if (OptionsOf(field).has_max_items()) list["maxItems"] = OptionsOf(field).max_items();
  return list;
}

Json Schemas::Element(const FieldPlan& field, Use use) {
  Json schema;
  switch (field.kind) {
    case Kind::kBool: return {{"type", "boolean"}};
    case Kind::kInt32:
      schema = {{"type", "integer"}, {"format", "int32"}};
      if (use == Use::kRequest) RangeOf<std::int32_t>(schema);
      return schema;
    case Kind::kInt64:
      schema = {{"type", "integer"}, {"format", "int64"}};
      if (use == Use::kRequest) RangeOf<std::int64_t>(schema);
      return schema;
    case Kind::kUint32:
      schema = {{"type", "integer"}};
      RangeOf<std::uint32_t>(schema);
      return schema;
    case Kind::kUint64:
      schema = {{"type", "integer"}};
      RangeOf<std::uint64_t>(schema);
      return schema;
    case Kind::kFloat: return {{"type", "number"}, {"format", "float"}};
    case Kind::kDouble: return {{"type", "number"}, {"format", "double"}};
    case Kind::kString: return {{"type", "string"}};
    case Kind::kBytes: return {{"type", "string"}, {"contentEncoding", "base64"}};
    case Kind::kEnum: return Enum(field, use);
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
  return Reference(*field.message, use);
}

// The value 0 says that nothing was said: where something must be, it is none of the values.
Json Schemas::Enum(const FieldPlan& field, Use use) {
  const pb::EnumDescriptor& type = *field.field->enum_type();
  const bool said = use == Use::kRequest && Required(field);
  const bool input = said && written_.contains(type.full_name());
  const std::string name =
      NameOf(type.full_name() + (said ? " said" : ""), type.name() + (input ? "Input" : ""));
  if (!schemas_->contains(name)) {
    Json values = Json::array();
    for (int i = 0; i < type.value_count(); ++i) {
      if (!said || type.value(i)->number() != 0) values.push_back(type.value(i)->name());
    }
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
