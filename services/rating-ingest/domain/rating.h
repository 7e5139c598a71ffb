// What rating-ingest keeps and gives out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/log_position.h"

namespace marquee::rating_ingest {

struct Rating {
  std::int64_t movie_id = 0;
  float value = 0;               // 0.5 … 5.0 in steps of 0.5
  std::int64_t rated_at_us = 0;  // Unix time, microseconds
};

// What is kept of a person for a movie.
struct KeptRating {
  std::int64_t movie_id = 0;
  std::optional<float> value = {};  // nullopt: taken back
  std::int64_t rated_at_us = 0;     // or taken back, Unix time, microseconds
};

// The sort key of a list of ratings, the latest first.
struct RatingKey {
  std::int64_t rated_at_us = 0;
  std::int64_t movie_id = 0;
};

struct RatingPage {
  std::vector<Rating> ratings = {};
  std::optional<RatingKey> next = {};  // the last row's key when more follow
};

using Offsets = std::map<std::int32_t, std::int64_t>;  // partition → first offset not yet there

// A user's current ratings, and the place in the user's partition up to which they are applied.
struct History {
  std::vector<Rating> ratings = {};                // the latest, as many as were asked for
  std::vector<std::int64_t> older_movie_ids = {};  // rated before those
  LogPosition position = {};
};

struct ExportChunk {  // columns of equal length
  std::vector<std::int64_t> user_ids = {};
  std::vector<std::int64_t> movie_ids = {};
  std::vector<float> values = {};
  std::vector<std::int64_t> rated_at_seconds = {};
};

struct ExportSummary {
  std::int64_t row_count = 0;
  Offsets next_offsets = {};
};

struct Counts {
  std::int64_t ratings = 0;
  std::int64_t dead_letters = 0;
};

enum class InteractionKind { kImpression, kClick, kWatch };

struct Interaction {
  std::int64_t movie_id = 0;
  InteractionKind kind = InteractionKind::kImpression;
  std::int64_t occurred_at_us = 0;
  std::string recommendation_id = {};
};

}  // namespace marquee::rating_ingest
