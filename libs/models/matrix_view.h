// Views of numbers that somebody else owns: a trained model's vectors or a mapped artefact.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace marquee::models {

// Dense, row-major, no padding between rows. Never owns.
struct MatrixView {
  const float* data = nullptr;
  int32_t rows = 0;
  int32_t columns = 0;

  std::span<const float> Row(int32_t row) const {
    return {data + static_cast<size_t>(row) * static_cast<size_t>(columns),
            static_cast<size_t>(columns)};
  }
  std::span<const float> values() const {
    return {data, static_cast<size_t>(rows) * static_cast<size_t>(columns)};
  }
  bool empty() const { return rows == 0 || columns == 0; }
};

// Compressed sparse rows: row r's entries are [offsets[r], offsets[r + 1]). Never owns.
struct SparseView {
  std::span<const int64_t> offsets;  // rows + 1 of them
  std::span<const int32_t> columns;  // ascending within a row
  std::span<const float> values;
};

// One movie of a user's history, by the model's dense item index, with the stars they gave.
struct RatedItem {
  int32_t item = 0;
  float rating = 0;  // kLowestRating to kHighestRating
};
inline constexpr float kLowestRating = 0.5F;
inline constexpr float kHighestRating = 5.0F;

struct ScoredItem {
  int32_t item = 0;  // dense item index
  float score = 0;
  friend bool operator==(const ScoredItem&, const ScoredItem&) = default;
};

}  // namespace marquee::models
