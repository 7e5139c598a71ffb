// Timestamps, durations and field masks as text.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "gateway/transcode/plan.h"

namespace marquee::gateway {

// Sets a Timestamp (RFC 3339, years 1 to 9999), Duration ("3.5s") or FieldMask ("a,b.c") from its
// text.
Status SetWellKnown(google::protobuf::Message& message, WellKnown type, std::string_view text,
                    const std::string& path);

// Appends such a value's text, without quotes. What can't be written (a timestamp out of range)
// becomes the nearest that can.
void AppendWellKnown(const google::protobuf::Message& message, WellKnown type, std::string& out);

}  // namespace marquee::gateway
