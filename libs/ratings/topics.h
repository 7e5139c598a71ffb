// The names of the topics that ratings pass through.
#pragma once

#include <string_view>

namespace marquee::ratings {

inline constexpr std::string_view kRatingsTopic = "marquee.ratings.v1";
inline constexpr std::string_view kInteractionsTopic = "marquee.interactions.v1";
inline constexpr std::string_view kDeadLettersTopic = "marquee.dead-letters.v1";

}  // namespace marquee::ratings
