// Protobuf → JSON by a walk over the message with a cached plan. Field names as in the .proto;
// int64 as numbers; default-valued scalars and empty lists are written, unset messages and unset
// `optional` fields are left out; timestamps in RFC 3339, enums by name, bytes in base64; a number
// that JSON doesn't have (NaN) becomes null.
#pragma once

#include <string>
#include <string_view>

#include "gateway/transcode/plan.h"

namespace marquee::gateway {

void AppendJson(const google::protobuf::Message& message, const MessagePlan& plan,
                std::string& out);

// One field's value; null for an unset one.
void AppendJsonField(const google::protobuf::Message& message, const FieldPlan& field,
                     std::string& out);

// `text` in quotes. Bytes that aren't UTF-8 become U+FFFD, so that the document always is.
void AppendJsonString(std::string_view text, std::string& out);

}  // namespace marquee::gateway
