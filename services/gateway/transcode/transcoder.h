// One request → one message, one message → one response, by a Binding. No I/O, no state.
#pragma once

#include <string>

#include "base/result.h"
#include "gateway/http/message.h"
#include "gateway/transcode/api.h"
#include "gateway/transcode/target.h"

namespace marquee::gateway {

// Fills `message` (of the binding's request type, empty) from path, query, body, headers and
// cookies. Every failure is INVALID_ARGUMENT with the field's path where there is one; the reason
// "unsupported_media_type" or "body_too_large" says that it has a status of its own (415, 413).
Status ReadRequest(const Binding& binding, const http::Request& request, const Target& target,
                   const Captures& captures, std::size_t max_json_bytes,
                   google::protobuf::Message& message);

// The response of a success, without the gateway's own headers; INTERNAL for a message that can't
// be one (rest_plan.h). For a GET that may be stored it has an ETag, and is a 304 without a body
// when `if_none_match` has it.
Result<http::Response> WriteResponse(const Binding& binding,
                                     const google::protobuf::Message& message,
                                     const std::string* if_none_match);

// Copies the set fields of `from` to the fields of the same name, type and cardinality of `to`.
void CopyFieldsByName(const google::protobuf::Message& from, const MessagePlan& from_plan,
                      google::protobuf::Message& to, const MessagePlan& to_plan);

// "\"<32 hex digits>\"": the first 16 bytes of the content's SHA-256.
std::string StrongETag(std::string_view content);
// Whether an If-None-Match list (RFC 9110, section 13.1.2) has the tag, compared weakly.
bool MatchesETag(std::string_view if_none_match, std::string_view etag);

}  // namespace marquee::gateway
