#include "gateway/transcode/json_writer.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <map>
#include <string>
#include <utility>

#include "gateway/transcode/scalar.h"
#include "gateway/transcode/target.h"
#include "gateway/transcode/well_known.h"

#include "base/text.h"

namespace marquee::gateway {
namespace {

namespace pb = google::protobuf;

// A string under construction whose end is ours to move: appending a short piece is a copy and an
// addition, without the bookkeeping of std::string, which took half of the writer's time.
class Out {
 public:
  explicit Out(std::string& text) : text_(text), size_(text.size()) {
    text_.resize(std::max(text_.capacity(), size_));
  }
  ~Out() { text_.resize(size_); }
  Out(const Out&) = delete;
  Out& operator=(const Out&) = delete;

  void Put(char c) {
    *Room(1) = c;
    ++size_;
  }
  void Put(std::string_view piece) {
    std::memcpy(Room(piece.size()), piece.data(), piece.size());
    size_ += piece.size();
  }
  template <typename T>
  void PutNumber(T value) {
    if constexpr (std::is_floating_point_v<T>) {
      if (!std::isfinite(value)) return Put("null");
    }
    char* at = Room(32);
    size_ += static_cast<std::size_t>(std::to_chars(at, at + 32, value).ptr - at);
  }
  // For what appends to strings.
  template <typename Work>
  void Append(Work work) {
    text_.resize(size_);
    work(text_);
    size_ = text_.size();
  }

 private:
  char* Room(std::size_t bytes) {
    if (text_.size() - size_ < bytes)
      text_.resize(size_ + bytes + std::max<std::size_t>(text_.size(), 256));
    return text_.data() + size_;
  }
  std::string& text_;
  std::size_t size_;
};

void WriteObject(const pb::Message& message, const MessagePlan& plan, Out& out);
void WriteString(std::string_view text, Out& out);

void WriteEnum(const pb::EnumDescriptor& type, int number, Out& out) {
  if (const auto* value = type.FindValueByNumber(number)) {
    out.Put('"');
    out.Put(value->name());
    out.Put('"');
  } else {
    out.PutNumber(number);  // a newer service knows more values than we do
  }
}

void WriteText(const std::string& text, Kind kind, Out& out) {
  if (kind == Kind::kString) return WriteString(text, out);
  out.Put('"');
  out.Append([&](std::string& to) { AppendBase64(text, to); });
  out.Put('"');
}

void WriteMessage(const pb::Message& message, const MessagePlan& plan, Out& out) {
  if (plan.well_known == WellKnown::kNone || plan.well_known == WellKnown::kHttpBody) {
    return WriteObject(message, plan, out);
  }
  out.Put('"');
  out.Append([&](std::string& to) { AppendWellKnown(message, plan.well_known, to); });
  out.Put('"');
}

void WriteSingular(const pb::Message& message, const pb::Reflection& r, const FieldPlan& field,
                   Out& out) {
  const pb::FieldDescriptor* d = field.field;
  switch (field.kind) {
    case Kind::kBool: return out.Put(r.GetBool(message, d) ? "true" : "false");
    case Kind::kInt32: return out.PutNumber(r.GetInt32(message, d));
    case Kind::kInt64: return out.PutNumber(r.GetInt64(message, d));
    case Kind::kUint32: return out.PutNumber(r.GetUInt32(message, d));
    case Kind::kUint64: return out.PutNumber(r.GetUInt64(message, d));
    case Kind::kFloat: return out.PutNumber(r.GetFloat(message, d));
    case Kind::kDouble: return out.PutNumber(r.GetDouble(message, d));
    case Kind::kEnum: return WriteEnum(*d->enum_type(), r.GetEnumValue(message, d), out);
    case Kind::kMessage: return WriteMessage(r.GetMessage(message, d), *field.message, out);
    case Kind::kString:
    case Kind::kBytes: {
      std::string scratch;
      return WriteText(r.GetStringReference(message, d, &scratch), field.kind, out);
    }
  }
}

void WriteElement(const pb::Message& message, const pb::Reflection& r, const FieldPlan& field,
                  int i, Out& out) {
  const pb::FieldDescriptor* d = field.field;
  switch (field.kind) {
    case Kind::kBool: return out.Put(r.GetRepeatedBool(message, d, i) ? "true" : "false");
    case Kind::kInt32: return out.PutNumber(r.GetRepeatedInt32(message, d, i));
    case Kind::kInt64: return out.PutNumber(r.GetRepeatedInt64(message, d, i));
    case Kind::kUint32: return out.PutNumber(r.GetRepeatedUInt32(message, d, i));
    case Kind::kUint64: return out.PutNumber(r.GetRepeatedUInt64(message, d, i));
    case Kind::kFloat: return out.PutNumber(r.GetRepeatedFloat(message, d, i));
    case Kind::kDouble: return out.PutNumber(r.GetRepeatedDouble(message, d, i));
    case Kind::kEnum: return WriteEnum(*d->enum_type(), r.GetRepeatedEnumValue(message, d, i), out);
    case Kind::kMessage:
      return WriteMessage(r.GetRepeatedMessage(message, d, i), *field.message, out);
    case Kind::kString:
    case Kind::kBytes: {
      std::string scratch;
      return WriteText(r.GetRepeatedStringReference(message, d, i, &scratch), field.kind, out);
    }
  }
}

// By what a map's entries are put in order.
std::pair<std::string, std::int64_t> MapKey(const pb::Message& entry, const FieldPlan& key) {
  const pb::Reflection& r = *entry.GetReflection();
  switch (key.kind) {
    case Kind::kString: return {r.GetString(entry, key.field), 0};
    case Kind::kBool: return {{}, r.GetBool(entry, key.field) ? 1 : 0};
    case Kind::kInt32: return {{}, r.GetInt32(entry, key.field)};
    case Kind::kInt64: return {{}, r.GetInt64(entry, key.field)};
    case Kind::kUint32: return {{}, r.GetUInt32(entry, key.field)};
    case Kind::kUint64: return {{}, static_cast<std::int64_t>(r.GetUInt64(entry, key.field))};
    case Kind::kFloat:
    case Kind::kDouble:
    case Kind::kBytes:
    case Kind::kEnum:
    case Kind::kMessage: break;  // no keys of a map
  }
  return {};
}

// An object whose keys are the map's, in order, since a hash table's own is another each time:
// equal answers have equal bytes, and one ETag. Numbers and booleans as keys are quoted.
void WriteMap(const pb::Message& message, const pb::Reflection& r, const FieldPlan& field,
              Out& out) {
  const FieldPlan& key = field.message->fields[0];
  const FieldPlan& value = field.message->fields[1];
  std::map<std::pair<std::string, std::int64_t>, const pb::Message*> entries;
  for (int i = 0; i < r.FieldSize(message, field.field); ++i) {
    const pb::Message& entry = r.GetRepeatedMessage(message, field.field, i);
    entries.emplace(MapKey(entry, key), &entry);
  }
  const bool quote = key.kind != Kind::kString;
  bool first = true;
  out.Put('{');
  for (const auto& [order, at] : entries) {
    const pb::Message& entry = *at;
    if (!std::exchange(first, false)) out.Put(',');
    if (quote) out.Put('"');
    WriteSingular(entry, *field.message->reflection, key, out);
    if (quote) out.Put('"');
    out.Put(':');
    WriteSingular(entry, *field.message->reflection, value, out);
  }
  out.Put('}');
}

void WriteRepeated(const pb::Message& message, const pb::Reflection& r, const FieldPlan& field,
                   Out& out) {
  if (field.map) return WriteMap(message, r, field, out);
  out.Put('[');
  const int size = r.FieldSize(message, field.field);
  for (int i = 0; i < size; ++i) {
    if (i > 0) out.Put(',');
    WriteElement(message, r, field, i, out);
  }
  out.Put(']');
}

void WriteObject(const pb::Message& message, const MessagePlan& plan, Out& out) {
  const pb::Reflection& r = *plan.reflection;
  out.Put('{');
  bool first = true;
  for (const FieldPlan& field : plan.fields) {
    if (field.presence && !r.HasField(message, field.field)) continue;
    if (field.kind == Kind::kMessage && field.message == nullptr)
      continue;  // HttpBody's extensions
    if (!first) out.Put(',');
    first = false;
    out.Put(field.key);
    if (field.repeated) {
      WriteRepeated(message, r, field, out);
    } else {
      WriteSingular(message, r, field, out);
    }
  }
  out.Put('}');
}

// ASCII that stands in a JSON string as it is.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> table{};
  for (std::size_t i = 0x20; i < 0x7F; ++i) table[i] = i != '"' && i != '\\';
  return table;
}();

void WriteEscaped(char c, Out& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"': return out.Put("\\\"");
    case '\\': return out.Put("\\\\");
    case '\n': return out.Put("\\n");
    case '\r': return out.Put("\\r");
    case '\t': return out.Put("\\t");
    default:
      out.Put("\\u00");
      out.Put(kHex[static_cast<unsigned char>(c) >> 4]);
      out.Put(kHex[static_cast<unsigned char>(c) & 15]);
  }
}

// The length of the well-formed UTF-8 sequence at the start of `text`, or 0.
std::size_t SequenceLength(std::string_view text) {
  for (std::size_t n = 1; n <= 4 && n <= text.size(); ++n) {
    if (IsUtf8(text.substr(0, n))) return n;
  }
  return 0;
}

void WriteString(std::string_view text, Out& out) {
  out.Put('"');
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && kPlain[static_cast<unsigned char>(text[plain])]) ++plain;
    out.Put(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    if (static_cast<unsigned char>(text[0]) < 0x80) {
      WriteEscaped(text[0], out);
      text.remove_prefix(1);
      continue;
    }
    const std::size_t n = SequenceLength(text);
    out.Put(n == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, n));
    text.remove_prefix(n == 0 ? 1 : n);
  }
  out.Put('"');
}

}  // namespace

void AppendJsonString(std::string_view text, std::string& out) {
  Out writer(out);
  WriteString(text, writer);
}

void AppendJsonField(const pb::Message& message, const FieldPlan& field, std::string& out) {
  Out writer(out);
  const pb::Reflection& r = *message.GetReflection();
  if (field.repeated) return WriteRepeated(message, r, field, writer);
  const bool unset =
      field.presence && field.kind != Kind::kMessage && !r.HasField(message, field.field);
  if (unset) return writer.Put("null");
  WriteSingular(message, r, field, writer);
}

void AppendJson(const pb::Message& message, const MessagePlan& plan, std::string& out) {
  Out writer(out);
  WriteObject(message, plan, writer);
}

}  // namespace marquee::gateway
