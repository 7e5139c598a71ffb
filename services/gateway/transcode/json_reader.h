// JSON (RFC 8259) → protobuf, strictly and in one pass, straight into the message. Refused, with
// the path of the field ("ratings[2].movie_id"): unknown fields, wrong types, numbers that don't
// fit, duplicate keys, nesting deeper than 32, more than 100,000 values, text that isn't UTF-8,
// U+0000, and anything after the document. Whole numbers come as JSON numbers or as decimal
// strings. `null` leaves a field unset.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gateway/transcode/plan.h"

namespace marquee::gateway {

// Reads an object into `message`. The keys of the outermost object go to `keys` when it isn't null.
Status ReadJson(std::string_view text, google::protobuf::Message& message, const MessagePlan& plan,
                std::vector<std::string>* keys = nullptr);

// Reads a value for one field of `message`: what a rule's `body: "field"` asks for.
Status ReadJsonField(std::string_view text, google::protobuf::Message& message,
                     const FieldPlan& field, std::vector<std::string>* keys = nullptr);

}  // namespace marquee::gateway
