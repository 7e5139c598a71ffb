// Enforces the Field options of marquee/options/v1/options.proto. Rules of a message type are read
// from its descriptor once and kept.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "base/text.h"
#include "marquee/options/v1/options.pb.h"
#include "rpc/service.h"

namespace marquee::rpc {
namespace {

namespace pb = google::protobuf;

struct FieldRule {
  const pb::FieldDescriptor* field;
  options::v1::Field rule;
  bool descend;  // a message field whose own fields are checked
};

const std::vector<FieldRule>& RulesOf(const pb::Descriptor* descriptor) {
  static std::shared_mutex mutex;
  static std::unordered_map<const pb::Descriptor*, std::unique_ptr<std::vector<FieldRule>>> cache;
  {
    const std::shared_lock lock(mutex);
    if (const auto found = cache.find(descriptor); found != cache.end()) return *found->second;
  }
  auto rules = std::make_unique<std::vector<FieldRule>>();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const auto* field = descriptor->field(i);
    const bool descend = field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE &&
                         !field->is_map() &&
                         field->message_type()->full_name().starts_with("marquee.");
    if (descend || field->options().HasExtension(options::v1::field)) {
      rules->push_back({field, field->options().GetExtension(options::v1::field), descend});
    }
  }
  const std::unique_lock lock(mutex);
  return *cache.try_emplace(descriptor, std::move(rules)).first->second;
}

std::string Text(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::optional<Error> CheckNumber(const options::v1::Field& rule, double value,
                                 const std::string& path) {
  // Written so that NaN fails.
  if (rule.has_minimum() && !(value >= rule.minimum())) {
    return Error::InvalidArgument("out_of_range",
                                  path + " must be at least " + Text(rule.minimum()) + ".", path);
  }
  if (rule.has_maximum() && !(value <= rule.maximum())) {
    return Error::InvalidArgument("out_of_range",
                                  path + " must be at most " + Text(rule.maximum()) + ".", path);
  }
  // Decimal steps aren't exact in binary: 0.3 is a multiple of 0.1.
  const double steps = rule.has_multiple_of() ? value / rule.multiple_of() : 0;
  if (!(std::abs(steps - std::round(steps)) <= 1e-9 * std::max(1.0, std::abs(steps)))) {
    return Error::InvalidArgument(
        "not_a_multiple", path + " must be a multiple of " + Text(rule.multiple_of()) + ".", path);
  }
  return std::nullopt;
}

std::optional<Error> CheckText(const FieldRule& entry, const std::string& value,
                               const std::string& path) {
  const bool bytes = entry.field->type() == pb::FieldDescriptor::TYPE_BYTES;
  const std::size_t length = bytes ? value.size() : CodePoints(value);
  const char* unit = bytes ? " bytes" : " characters";
  if (entry.rule.has_min_length() && length < entry.rule.min_length()) {
    return Error::InvalidArgument(
        "too_short",
        path + " must have at least " + std::to_string(entry.rule.min_length()) + unit + ".", path);
  }
  if (entry.rule.has_max_length() && length > entry.rule.max_length()) {
    return Error::InvalidArgument(
        "too_long",
        path + " must have at most " + std::to_string(entry.rule.max_length()) + unit + ".", path);
  }
  return std::nullopt;
}

std::optional<Error> Check(const pb::Message& message, const std::string& prefix);

// A singular field (index -1) or one item of a repeated field.
struct Place {
  const pb::Message& message;
  const pb::FieldDescriptor* field;
  int index;

  template <typename T>
  T Get(T (pb::Reflection::*single)(const pb::Message&, const pb::FieldDescriptor*) const,
        T (pb::Reflection::*item)(const pb::Message&, const pb::FieldDescriptor*, int)
            const) const {
    const auto& reflection = *message.GetReflection();
    return index < 0 ? (reflection.*single)(message, field)
                     : (reflection.*item)(message, field, index);
  }
  const std::string& Text(std::string& scratch) const {
    const auto& reflection = *message.GetReflection();
    return index < 0 ? reflection.GetStringReference(message, field, &scratch)
                     : reflection.GetRepeatedStringReference(message, field, index, &scratch);
  }
  const pb::Message& Message() const {
    const auto& reflection = *message.GetReflection();
    return index < 0 ? reflection.GetMessage(message, field)
                     : reflection.GetRepeatedMessage(message, field, index);
  }
};

std::optional<Error> CheckValue(const FieldRule& entry, const Place& at, const std::string& path) {
  using R = pb::Reflection;
  std::string scratch;
  const auto number = [&](auto value) {
    return CheckNumber(entry.rule, static_cast<double>(value), path);
  };
  switch (entry.field->cpp_type()) {
    case pb::FieldDescriptor::CPPTYPE_INT32:
      return number(at.Get(&R::GetInt32, &R::GetRepeatedInt32));
    case pb::FieldDescriptor::CPPTYPE_INT64:
      return number(at.Get(&R::GetInt64, &R::GetRepeatedInt64));
    case pb::FieldDescriptor::CPPTYPE_UINT32:
      return number(at.Get(&R::GetUInt32, &R::GetRepeatedUInt32));
    case pb::FieldDescriptor::CPPTYPE_UINT64:
      return number(at.Get(&R::GetUInt64, &R::GetRepeatedUInt64));
    case pb::FieldDescriptor::CPPTYPE_DOUBLE:
      return number(at.Get(&R::GetDouble, &R::GetRepeatedDouble));
    case pb::FieldDescriptor::CPPTYPE_FLOAT:
      return number(at.Get(&R::GetFloat, &R::GetRepeatedFloat));
    case pb::FieldDescriptor::CPPTYPE_STRING: return CheckText(entry, at.Text(scratch), path);
    case pb::FieldDescriptor::CPPTYPE_MESSAGE:
      if (!entry.descend) return std::nullopt;
      return Check(at.Message(), path + ".");
    case pb::FieldDescriptor::CPPTYPE_BOOL:
    case pb::FieldDescriptor::CPPTYPE_ENUM: return std::nullopt;
  }
  return std::nullopt;
}

bool IsPresent(const pb::Message& message, const pb::FieldDescriptor* field) {
  const auto& reflection = *message.GetReflection();
  if (field->is_repeated()) return reflection.FieldSize(message, field) > 0;
  // Without presence, "has" means: not zero, not empty.
  return reflection.HasField(message, field);
}

std::optional<Error> Check(const pb::Message& message, const std::string& prefix) {
  for (const auto& entry : RulesOf(message.GetDescriptor())) {
    const auto* field = entry.field;
    const auto path = [&] { return prefix + field->name(); };
    if (!IsPresent(message, field)) {
      if (entry.rule.required()) {
        // A number that is required and zero is out of its range rather than missing, if it has a
        // range.
        if (entry.rule.has_minimum() && entry.rule.minimum() > 0 && !field->is_repeated() &&
            field->cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE) {
          return Error::InvalidArgument(
              "missing_field",
              path() + " is required and must be at least " + Text(entry.rule.minimum()) + ".",
              path());
        }
        return Error::InvalidArgument("missing_field", path() + " is required.", path());
      }
      // An absent optional field has no value to judge; a plain one is zero, which its minimum may
      // refuse.
      if (field->has_presence() || field->is_repeated()) continue;
    }
    if (field->is_repeated()) {
      const int size = message.GetReflection()->FieldSize(message, field);
      if (entry.rule.has_max_items() && size > static_cast<int>(entry.rule.max_items())) {
        return Error::InvalidArgument(
            "too_many_items",
            path() + " must have at most " + std::to_string(entry.rule.max_items()) + " items.",
            path());
      }
      const bool each = entry.descend || entry.rule.has_minimum() || entry.rule.has_maximum() ||
                        entry.rule.has_multiple_of() || entry.rule.has_min_length() ||
                        entry.rule.has_max_length();
      for (int i = 0; each && i < size; ++i) {
        if (auto error =
                CheckValue(entry, {message, field, i}, path() + "[" + std::to_string(i) + "]"))
          return error;
      }
    } else if (auto error = CheckValue(entry, {message, field, -1}, path())) {
      return error;
    }
  }
  return std::nullopt;
}

}  // namespace

Status Validate(const pb::Message& message) {
  if (auto error = Check(message, "")) return std::move(*error);
  return {};
}

}  // namespace marquee::rpc
