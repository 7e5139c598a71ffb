#include "gateway/transcode/scalar.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>

#include "gateway/transcode/target.h"

namespace marquee::gateway {
namespace {

namespace pb = google::protobuf;

constexpr std::int64_t kFirstSecond = -62'135'596'800;  // 0001-01-01T00:00:00Z
constexpr std::int64_t kLastSecond = 253'402'300'799;   // 9999-12-31T23:59:59Z
constexpr std::int64_t kLongestDuration = 315'576'000'000;

Error BadText(std::string reason, const std::string& path, std::string message) {
  return Error::InvalidArgument(std::move(reason), std::move(message), path);
}

// `digits` decimal digits from `text`, which is shortened by them; -1 when there are fewer.
int TakeNumber(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return -1;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool TakeChar(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

// ".5" → 500,000,000. False for no digit after the point, or more than nine.
bool TakeFraction(std::string_view& text, std::int32_t& nanos) {
  nanos = 0;
  if (!TakeChar(text, '.')) return true;
  std::int32_t scale = 100'000'000;
  std::size_t digits = 0;
  while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    if (++digits > 9) return false;
    nanos += (text[0] - '0') * scale;
    scale /= 10;
    text.remove_prefix(1);
  }
  return digits > 0;
}

bool ParseTimestamp(std::string_view text, std::int64_t& seconds, std::int32_t& nanos) {
  const int year = TakeNumber(text, 4);
  if (!TakeChar(text, '-')) return false;
  const int month = TakeNumber(text, 2);
  if (!TakeChar(text, '-')) return false;
  const int day = TakeNumber(text, 2);
  if (!TakeChar(text, 'T') && !TakeChar(text, 't')) return false;
  const int hour = TakeNumber(text, 2);
  if (!TakeChar(text, ':')) return false;
  const int minute = TakeNumber(text, 2);
  if (!TakeChar(text, ':')) return false;
  const int second = TakeNumber(text, 2);
  if (!TakeFraction(text, nanos)) return false;
  int offset_minutes = 0;
  if (!TakeChar(text, 'Z') && !TakeChar(text, 'z')) {
    const bool west = !text.empty() && text[0] == '-';
    if (!TakeChar(text, '+') && !TakeChar(text, '-')) return false;
    const int offset_hour = TakeNumber(text, 2);
    if (!TakeChar(text, ':')) return false;
    const int offset_minute = TakeNumber(text, 2);
    if (offset_hour < 0 || offset_hour > 23 || offset_minute < 0 || offset_minute > 59)
      return false;
    offset_minutes = (offset_hour * 60 + offset_minute) * (west ? -1 : 1);
  }
  const auto date = std::chrono::year_month_day(std::chrono::year(year),
                                                std::chrono::month(static_cast<unsigned>(month)),
                                                std::chrono::day(static_cast<unsigned>(day)));
  if (!text.empty() || year < 1 || month < 1 || day < 1 || !date.ok()) return false;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return false;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset_minutes * 60;
  return seconds >= kFirstSecond && seconds <= kLastSecond;
}

bool ParseDuration(std::string_view text, std::int64_t& seconds, std::int32_t& nanos) {
  const bool negative = TakeChar(text, '-');
  if (text.size() < 2 || text.back() != 's') return false;
  text.remove_suffix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  if (ParseInt(text.substr(0, point), 0, kLongestDuration, seconds) != ParseResult::kOk)
    return false;
  text.remove_prefix(point);
  if (!TakeFraction(text, nanos) || !text.empty()) return false;
  if (negative) {
    seconds = -seconds;
    nanos = -nanos;
  }
  return true;
}

void AppendPadded(std::string& out, std::int64_t value, int width) {
  std::array<char, 24> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  for (auto n = static_cast<int>(end - buffer.data()); n < width; ++n) out += '0';
  out.append(buffer.data(), end);
}

// Nothing, or a point and 3, 6 or 9 digits.
void AppendFraction(std::string& out, std::int32_t nanos) {
  if (nanos == 0) return;
  out += '.';
  if (nanos % 1'000'000 == 0) {
    AppendPadded(out, nanos / 1'000'000, 3);
  } else if (nanos % 1'000 == 0) {
    AppendPadded(out, nanos / 1'000, 6);
  } else {
    AppendPadded(out, nanos, 9);
  }
}

void AppendTimestamp(std::int64_t seconds, std::int32_t nanos, std::string& out) {
  seconds = std::clamp(seconds, kFirstSecond, kLastSecond);
  nanos = std::clamp(nanos, 0, 999'999'999);
  const std::int64_t days = seconds >= 0 ? seconds / 86400 : -((86399 - seconds) / 86400);
  const std::int64_t time = seconds - days * 86400;
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  AppendPadded(out, static_cast<int>(date.year()), 4);
  out += '-';
  AppendPadded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  AppendPadded(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  AppendPadded(out, time / 3600, 2);
  out += ':';
  AppendPadded(out, time / 60 % 60, 2);
  out += ':';
  AppendPadded(out, time % 60, 2);
  AppendFraction(out, nanos);
  out += 'Z';
}

// seconds and nanos of a Timestamp or Duration, generated or dynamic.
std::pair<std::int64_t, std::int32_t> SecondsAndNanos(const pb::Message& message) {
  if (const auto* timestamp = dynamic_cast<const pb::Timestamp*>(&message)) {
    return {timestamp->seconds(), timestamp->nanos()};
  }
  const pb::Descriptor* type = message.GetDescriptor();
  const pb::Reflection* reflection = message.GetReflection();
  return {reflection->GetInt64(message, type->FindFieldByNumber(1)),
          reflection->GetInt32(message, type->FindFieldByNumber(2))};
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
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t word = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      word = word << 8 | (j < n ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    out += kAlphabet[word >> 18];
    out += kAlphabet[word >> 12 & 63];
    out += n > 1 ? kAlphabet[word >> 6 & 63] : '=';
    out += n > 2 ? kAlphabet[word & 63] : '=';
  }
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

Status SetWellKnown(pb::Message& message, WellKnown type, std::string_view text,
                    const std::string& path) {
  const pb::Descriptor* descriptor = message.GetDescriptor();
  const pb::Reflection* reflection = message.GetReflection();
  std::int64_t seconds = 0;
  std::int32_t nanos = 0;
  switch (type) {
    case WellKnown::kTimestamp:
      if (!ParseTimestamp(text, seconds, nanos)) {
        return BadText("invalid_timestamp", path,
                       path + " must be an RFC 3339 time like \"2024-05-01T12:00:00Z\".");
      }
      break;
    case WellKnown::kDuration:
      if (!ParseDuration(text, seconds, nanos)) {
        return BadText("invalid_duration", path, path + " must be a duration like \"3.5s\".");
      }
      break;
    case WellKnown::kFieldMask: {
      std::size_t paths = 0;
      while (!text.empty()) {
        const std::size_t comma = text.find(',');
        const std::string_view name = text.substr(0, comma);
        if (name.empty() || ++paths > MessagePlan::kMaxFields) {
          return BadText("invalid_field_mask", path,
                         path + " must be field names, separated by commas.");
        }
        reflection->AddString(&message, descriptor->FindFieldByNumber(1), std::string(name));
        text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
      }
      return {};
    }
    case WellKnown::kHttpBody:
    case WellKnown::kNone: return WrongType(path, "an object");
  }
  reflection->SetInt64(&message, descriptor->FindFieldByNumber(1), seconds);
  reflection->SetInt32(&message, descriptor->FindFieldByNumber(2), nanos);
  return {};
}

void AppendWellKnown(const pb::Message& message, WellKnown type, std::string& out) {
  switch (type) {
    case WellKnown::kTimestamp: {
      const auto [seconds, nanos] = SecondsAndNanos(message);
      AppendTimestamp(seconds, nanos, out);
      return;
    }
    case WellKnown::kDuration: {
      const auto [seconds, nanos] = SecondsAndNanos(message);
      if (seconds < 0 || nanos < 0) out += '-';
      out += std::to_string(std::abs(seconds));
      AppendFraction(out, std::abs(nanos));
      out += 's';
      return;
    }
    case WellKnown::kFieldMask: {
      const pb::FieldDescriptor* paths = message.GetDescriptor()->FindFieldByNumber(1);
      const pb::Reflection* reflection = message.GetReflection();
      for (int i = 0; i < reflection->FieldSize(message, paths); ++i) {
        if (i > 0) out += ',';
        out += reflection->GetRepeatedString(message, paths, i);
      }
      return;
    }
    case WellKnown::kHttpBody:
    case WellKnown::kNone: return;
  }
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
