// Single values between text and protobuf: what path and query parameters are read by, and the
// pieces that JSON shares.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "gateway/transcode/plan.h"

namespace marquee::gateway {

// Sets, or for a repeated field appends, the value that `text` spells. Errors name `path` as the
// field. Messages other than timestamps, durations and field masks have no such form.
Status SetFromText(google::protobuf::Message& message, const FieldPlan& field,
                   std::string_view text, const std::string& path);

// Base64 (RFC 4648, section 4) with padding; FromBase64 also takes the URL alphabet and no padding.
void AppendBase64(std::string_view bytes, std::string& out);
Result<std::string> FromBase64(std::string_view text, const std::string& path);

// Errors of one wording for path, query and body.
Error WrongType(const std::string& path, std::string_view expected);
Error OutOfRange(const std::string& path, std::string_view type);

// "a whole number", "a string", …: for messages to people.
std::string_view KindName(const FieldPlan& field);

// Whole numbers: optional '-', digits, nothing else.
enum class ParseResult { kOk, kMalformed, kOutOfRange };
ParseResult ParseInt(std::string_view text, std::int64_t least, std::int64_t most,
                     std::int64_t& out);
ParseResult ParseUint(std::string_view text, std::uint64_t most, std::uint64_t& out);
ParseResult ParseDouble(std::string_view text, double& out);  // finite only
ParseResult ParseFloat(std::string_view text, float& out);

}  // namespace marquee::gateway
