// RatingEvent bytes ⇄ RatingChange.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ratings/rating_rule.h"

namespace marquee::ratings {

// The bytes of marquee.events.v1.RatingEvent. `out` is replaced.
void EncodeRating(const RatingChange& change, std::string& out);

// Why an event is put aside; all of them, for counters that stand at 0 before the first.
inline constexpr std::array<std::string_view, 9> kDeadLetterReasons{
    "undecodable",      "event_id_invalid",    "user_id_invalid",
    "movie_id_invalid", "rating_out_of_range", "change_missing",
    "source_unknown",   "time_out_of_range",   "key_mismatch"};

// Error.reason is the dead letter's reason: "undecodable", "event_id_invalid", "user_id_invalid",
// "movie_id_invalid", "rating_out_of_range", "change_missing", "source_unknown",
// "time_out_of_range", "key_mismatch" (the key isn't the user id: the event may be in the wrong
// partition, where its order means nothing).
Result<RatingChange> DecodeRating(std::string_view key, std::string_view value);

}  // namespace marquee::ratings
