// Generated implicit feedback for benchmarks: as skewed as MovieLens and with something to learn.
#pragma once

#include <cstdint>

#include "models/rating_matrix.h"

namespace marquee::bench {

struct SyntheticOptions {
  int32_t users = 138'000;
  int32_t items = 27'000;
  int64_t ratings = 20'000'000;
  int topics = 40;
  uint64_t seed = 1;
};

// Users' activity is log-normal, movies' popularity Zipf-like; each movie belongs to one topic and
// six of ten of a user's movies come from their own three topics. Values are 0.5 to 5 in steps of
// 0.5. The number of ratings is met within a few percent. About 2 s for 20 million on one core.
models::RatingMatrix Synthetic(const SyntheticOptions& options);

}  // namespace marquee::bench
