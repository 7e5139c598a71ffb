// The models' names, as tests say them.
#pragma once

namespace marquee::trainer {

inline constexpr char kRanking[] = "ranking";
inline constexpr char kRating[] = "rating";

}  // namespace marquee::trainer
