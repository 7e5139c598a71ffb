#include "gateway/transcode/scalar.h"

#include <absl/strings/escaping.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "gateway/transcode/well_known.h"

namespace marquee::gateway {
namespace {

namespace pb = google::protobuf;

Error BadText(std::string reason, const std::string& path, std::string message) {
  return Error::InvalidArgument(std::move(reason), std::move(message), path);
}

}  // namespace

Error WrongType(const std::string& path, std::string_view expected) {
  const std::string subject = path.empty() ? "The body" : path;
  return BadText("wrong_type", path, subject + " must be " + std::string(expected) + ".");
}

Error OutOfRange(const std::string& path, std::string_view type) {
  return BadText("number_out_of_range", path, path + " doesn't fit " + std::string(type) + ".");
}

std::string_view KindName(const FieldPlan& field) {
  switch (field.kind) {
    case Kind::kBool: return "true or false";
    case Kind::kInt32:
    case Kind::kInt64:
    case Kind::kUint32:
    case Kind::kUint64: return "a whole number";
    case Kind::kFloat:
    case Kind::kDouble: return "a number";
    case Kind::kString: return "a string";
    case Kind::kBytes: return "a base64 string";
    case Kind::kEnum: return "the name of an enum value";
    case Kind::kMessage: break;
  }
  switch (field.message->well_known) {
    case WellKnown::kTimestamp: return "an RFC 3339 time like \"2024-05-01T12:00:00Z\"";
    case WellKnown::kDuration: return "a duration like \"3.5s\"";
    case WellKnown::kFieldMask: return "field names, separated by commas";
    case WellKnown::kHttpBody:
    case WellKnown::kNone: return "an object";
  }
  return "an object";
}

ParseResult ParseInt(std::string_view text, std::int64_t least, std::int64_t most,
                     std::int64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument)
    return ParseResult::kMalformed;
  if (error == std::errc::result_out_of_range || out < least || out > most)
    return ParseResult::kOutOfRange;
  return ParseResult::kOk;
}

ParseResult ParseUint(std::string_view text, std::uint64_t most, std::uint64_t& out) {
  if (!text.empty() && text[0] == '-') {
    std::int64_t negative = 0;
    const ParseResult result = ParseInt(text, 0, 0, negative);  // "-0" is a number, too
    out = 0;
    return result;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument)
    return ParseResult::kMalformed;
  if (error == std::errc::result_out_of_range || out > most) return ParseResult::kOutOfRange;
  return ParseResult::kOk;
}

namespace {

template <typename T>
ParseResult ParseFloating(std::string_view text, T& out) {
  // from_chars takes "inf" and "nan": a number begins with a digit, after an optional '-'.
  const char first = text.empty() ? '\0' : text[text[0] == '-' && text.size() > 1 ? 1 : 0];
  if (first < '0' || first > '9') return ParseResult::kMalformed;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument)
    return ParseResult::kMalformed;
  if (error == std::errc::result_out_of_range || !std::isfinite(out))
    return ParseResult::kOutOfRange;
  return ParseResult::kOk;
}

}  // namespace

ParseResult ParseDouble(std::string_view text, double& out) { return ParseFloating(text, out); }
ParseResult ParseFloat(std::string_view text, float& out) { return ParseFloating(text, out); }

void AppendBase64(std::string_view bytes, std::string& out) {
  out += absl::Base64Escape({bytes.data(), bytes.size()});
}

Result<std::string> FromBase64(std::string_view text, const std::string& path) {
  const auto bad = [&] { return BadText("wrong_type", path, path + " must be a base64 string."); };
  std::size_t padding = 0;
  while (padding < 2 && !text.empty() && text.back() == '=') {
    text.remove_suffix(1);
    ++padding;
  }
  if (text.size() % 4 == 1 || (padding > 0 && (text.size() + padding) % 4 != 0)) return bad();
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t word = 0;
  int bits = 0;
  for (const char c : text) {
    int digit = -1;
    if (c >= 'A' && c <= 'Z') digit = c - 'A';
    if (c >= 'a' && c <= 'z') digit = c - 'a' + 26;
    if (c >= '0' && c <= '9') digit = c - '0' + 52;
    if (c == '+' || c == '-') digit = 62;
    if (c == '/' || c == '_') digit = 63;
    if (digit < 0) return bad();
    word = word << 6 | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out += static_cast<char>(word >> bits & 0xFF);
    }
  }
  return out;
}

Status SetFromText(pb::Message& message, const FieldPlan& field, std::string_view text,
                   const std::string& path) {
  const pb::Reflection& reflection = *message.GetReflection();
  const pb::FieldDescriptor* descriptor = field.field;
  const auto check = [&](ParseResult result, std::string_view type) -> Status {
    if (result == ParseResult::kMalformed) return WrongType(path, KindName(field));
    if (result == ParseResult::kOutOfRange) return OutOfRange(path, type);
    return {};
  };
#define MARQUEE_STORE(Type, value)                       \
  if (field.repeated) {                                  \
    reflection.Add##Type(&message, descriptor, (value)); \
  } else {                                               \
    reflection.Set##Type(&message, descriptor, (value)); \
  }                                                      \
  return {}
  switch (field.kind) {
    case Kind::kBool: {
      if (text != "true" && text != "false") return WrongType(path, KindName(field));
      MARQUEE_STORE(Bool, text == "true");
    }
    case Kind::kInt32: {
      std::int64_t value = 0;
      RETURN_IF_ERROR(check(ParseInt(text, INT32_MIN, INT32_MAX, value), "32 bits"));
      MARQUEE_STORE(Int32, static_cast<std::int32_t>(value));
    }
    case Kind::kInt64: {
      std::int64_t value = 0;
      RETURN_IF_ERROR(check(ParseInt(text, INT64_MIN, INT64_MAX, value), "64 bits"));
      MARQUEE_STORE(Int64, value);
    }
    case Kind::kUint32: {
      std::uint64_t value = 0;
      RETURN_IF_ERROR(check(ParseUint(text, UINT32_MAX, value), "32 bits without a sign"));
      MARQUEE_STORE(UInt32, static_cast<std::uint32_t>(value));
    }
    case Kind::kUint64: {
      std::uint64_t value = 0;
      RETURN_IF_ERROR(check(ParseUint(text, UINT64_MAX, value), "64 bits without a sign"));
      MARQUEE_STORE(UInt64, value);
    }
    case Kind::kFloat: {
      float value = 0;
      RETURN_IF_ERROR(check(ParseFloat(text, value), "a float"));
      MARQUEE_STORE(Float, value);
    }
    case Kind::kDouble: {
      double value = 0;
      RETURN_IF_ERROR(check(ParseDouble(text, value), "a double"));
      MARQUEE_STORE(Double, value);
    }
    case Kind::kString: {
      MARQUEE_STORE(String, std::string(text));
    }
    case Kind::kBytes: {
      ASSIGN_OR_RETURN(std::string value, FromBase64(text, path));
      MARQUEE_STORE(String, std::move(value));
    }
    case Kind::kEnum: {
      const pb::EnumValueDescriptor* value =
          descriptor->enum_type()->FindValueByName(std::string(text));
      if (value == nullptr) {
        return BadText(
            "unknown_enum_value", path,
            path + " must be the name of a value of " + descriptor->enum_type()->name() + ".");
      }
      MARQUEE_STORE(Enum, value);
    }
    case Kind::kMessage: {
      if (field.map) return WrongType(path, KindName(field));
      pb::Message* child = field.repeated ? reflection.AddMessage(&message, descriptor)
                                          : reflection.MutableMessage(&message, descriptor);
      return SetWellKnown(*child, field.message->well_known, text, path);
    }
  }
#undef MARQUEE_STORE
  return {};
}

}  // namespace marquee::gateway
