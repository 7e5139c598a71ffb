#include "gateway/transcode/json_writer.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <array>
#include <charconv>
#include <cmath>

#include "gateway/transcode/scalar.h"
#include "gateway/transcode/target.h"

namespace marquee::gateway {
namespace {

namespace pb = google::protobuf;

template <typename T>
void AppendNumber(T value, std::string& out) {
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(value)) {
      out += "null";
      return;
    }
  }
  std::array<char, 32> buffer;
  out.append(buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr);
}

void AppendEnum(const pb::EnumDescriptor& type, int number, std::string& out) {
  if (const auto* value = type.FindValueByNumber(number)) {
    out += '"';
    out += value->name();
    out += '"';
  } else {
    AppendNumber(number, out);  // a newer service knows more values than we do
  }
}

void AppendMessage(const pb::Message& message, const MessagePlan& plan, std::string& out) {
  if (plan.well_known == WellKnown::kNone || plan.well_known == WellKnown::kHttpBody) {
    AppendJson(message, plan, out);
    return;
  }
  out += '"';
  AppendWellKnown(message, plan.well_known, out);
  out += '"';
}

void AppendSingular(const pb::Message& message, const pb::Reflection& r, const FieldPlan& field, std::string& out) {
  const pb::FieldDescriptor* d = field.field;
  switch (field.kind) {
    case Kind::kBool: out += r.GetBool(message, d) ? "true" : "false"; return;
    case Kind::kInt32: AppendNumber(r.GetInt32(message, d), out); return;
    case Kind::kInt64: AppendNumber(r.GetInt64(message, d), out); return;
    case Kind::kUint32: AppendNumber(r.GetUInt32(message, d), out); return;
    case Kind::kUint64: AppendNumber(r.GetUInt64(message, d), out); return;
    case Kind::kFloat: AppendNumber(r.GetFloat(message, d), out); return;
    case Kind::kDouble: AppendNumber(r.GetDouble(message, d), out); return;
    case Kind::kEnum: AppendEnum(*d->enum_type(), r.GetEnumValue(message, d), out); return;
    case Kind::kMessage: AppendMessage(r.GetMessage(message, d), *field.message, out); return;
    case Kind::kString:
    case Kind::kBytes: {
      std::string scratch;
      const std::string& text = r.GetStringReference(message, d, &scratch);
      if (field.kind == Kind::kString) {
        AppendJsonString(text, out);
      } else {
        out += '"';
        AppendBase64(text, out);
        out += '"';
      }
      return;
    }
  }
}

void AppendElement(const pb::Message& message, const pb::Reflection& r, const FieldPlan& field, int i,
                   std::string& out) {
  const pb::FieldDescriptor* d = field.field;
  switch (field.kind) {
    case Kind::kBool: out += r.GetRepeatedBool(message, d, i) ? "true" : "false"; return;
    case Kind::kInt32: AppendNumber(r.GetRepeatedInt32(message, d, i), out); return;
    case Kind::kInt64: AppendNumber(r.GetRepeatedInt64(message, d, i), out); return;
    case Kind::kUint32: AppendNumber(r.GetRepeatedUInt32(message, d, i), out); return;
    case Kind::kUint64: AppendNumber(r.GetRepeatedUInt64(message, d, i), out); return;
    case Kind::kFloat: AppendNumber(r.GetRepeatedFloat(message, d, i), out); return;
    case Kind::kDouble: AppendNumber(r.GetRepeatedDouble(message, d, i), out); return;
    case Kind::kEnum: AppendEnum(*d->enum_type(), r.GetRepeatedEnumValue(message, d, i), out); return;
    case Kind::kMessage: AppendMessage(r.GetRepeatedMessage(message, d, i), *field.message, out); return;
    case Kind::kString:
    case Kind::kBytes: {
      std::string scratch;
      const std::string& text = r.GetRepeatedStringReference(message, d, i, &scratch);
      if (field.kind == Kind::kString) {
        AppendJsonString(text, out);
      } else {
        out += '"';
        AppendBase64(text, out);
        out += '"';
      }
      return;
    }
  }
}

// An object whose keys are the map's, in its own order; numbers and booleans as keys are quoted.
void AppendMap(const pb::Message& message, const pb::Reflection& r, const FieldPlan& field, std::string& out) {
  const FieldPlan& key = field.message->fields[0];
  const FieldPlan& value = field.message->fields[1];
  out += '{';
  for (int i = 0; i < r.FieldSize(message, field.field); ++i) {
    if (i > 0) out += ',';
    const pb::Message& entry = r.GetRepeatedMessage(message, field.field, i);
    const bool quote = key.kind != Kind::kString;
    if (quote) out += '"';
    AppendSingular(entry, *field.message->reflection, key, out);
    if (quote) out += '"';
    out += ':';
    AppendSingular(entry, *field.message->reflection, value, out);
  }
  out += '}';
}

// 1 for the bytes that can't stand in a JSON string as they are: controls, '"', '\\'.
constexpr std::array<bool, 256> kEscaped = [] {
  std::array<bool, 256> table{};
  for (int i = 0; i < 0x20; ++i) table[static_cast<std::size_t>(i)] = true;
  table['"'] = table['\\'] = table[0x7F] = true;
  return table;
}();

void AppendEscaped(char c, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default:
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
  }
}

// The length of the well-formed UTF-8 sequence at the start of `text`, or 0.
std::size_t SequenceLength(std::string_view text) {
  for (std::size_t n = 1; n <= 4 && n <= text.size(); ++n) {
    if (IsUtf8(text.substr(0, n))) return n;
  }
  return 0;
}

}  // namespace

void AppendJsonString(std::string_view text, std::string& out) {
  out += '"';
  if (IsUtf8(text)) [[likely]] {
    std::size_t from = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (!kEscaped[static_cast<unsigned char>(text[i])]) continue;
      out.append(text.substr(from, i - from));
      AppendEscaped(text[i], out);
      from = i + 1;
    }
    out.append(text.substr(from));
  } else {
    while (!text.empty()) {
      const std::size_t n = SequenceLength(text);
      if (n == 0) {
        out += "\xEF\xBF\xBD";
      } else if (n == 1 && kEscaped[static_cast<unsigned char>(text[0])]) {
        AppendEscaped(text[0], out);
      } else {
        out.append(text.substr(0, n));
      }
      text.remove_prefix(n == 0 ? 1 : n);
    }
  }
  out += '"';
}

void AppendJsonField(const pb::Message& message, const FieldPlan& field, std::string& out) {
  const pb::Reflection& r = *message.GetReflection();
  if (field.map) {
    AppendMap(message, r, field, out);
  } else if (field.repeated) {
    out += '[';
    const int size = r.FieldSize(message, field.field);
    for (int i = 0; i < size; ++i) {
      if (i > 0) out += ',';
      AppendElement(message, r, field, i, out);
    }
    out += ']';
  } else if (field.presence && field.kind != Kind::kMessage && !r.HasField(message, field.field)) {
    out += "null";
  } else {
    AppendSingular(message, r, field, out);
  }
}

void AppendJson(const pb::Message& message, const MessagePlan& plan, std::string& out) {
  const pb::Reflection& r = *plan.reflection;
  out += '{';
  bool first = true;
  for (const FieldPlan& field : plan.fields) {
    if (field.presence && !r.HasField(message, field.field)) continue;
    if (field.kind == Kind::kMessage && field.message == nullptr) continue;  // HttpBody's extensions
    if (!first) out += ',';
    first = false;
    out += field.key;
    if (field.repeated) {
      AppendJsonField(message, field, out);
    } else {
      AppendSingular(message, r, field, out);
    }
  }
  out += '}';
}

}  // namespace marquee::gateway
