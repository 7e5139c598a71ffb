#include "gateway/transcode/well_known.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>

#include "gateway/transcode/scalar.h"

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

}  // namespace marquee::gateway
