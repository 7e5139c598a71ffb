// The sparse users × items matrix that every model is trained on.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"

namespace marquee::models {

// Compressed sparse rows (of users, or, transposed, of items).
struct SparseRows {
  std::vector<int64_t> offsets = {0};  // rows + 1
  std::vector<int32_t> columns;        // ascending within a row
  std::vector<float> values;           // beside columns

  int32_t rows() const { return static_cast<int32_t>(offsets.size()) - 1; }
  int64_t nonzeros() const { return static_cast<int64_t>(columns.size()); }
  int64_t RowSize(int32_t row) const {
    return offsets[static_cast<size_t>(row) + 1] - offsets[static_cast<size_t>(row)];
  }
  std::span<const int32_t> RowColumns(int32_t row) const {
    return {columns.data() + offsets[static_cast<size_t>(row)], static_cast<size_t>(RowSize(row))};
  }
  std::span<const float> RowValues(int32_t row) const {
    return {values.data() + offsets[static_cast<size_t>(row)], static_cast<size_t>(RowSize(row))};
  }
};

// An immutable set of (user, item, value), one value for each pair, held by user and by item.
// Dense indices are positions in user_ids() and item_ids(), which ascend. Threads may share it.
// A matrix made by Select keeps all ids, so rows and columns may be empty.
class RatingMatrix {
 public:
  RatingMatrix() = default;

  // From three columns of equal length, in the order in which the ratings were given: of a pair
  // that occurs twice the last value stands. Linear in the number of ratings: counting sorts when
  // the ids lie in a range of moderate size, a radix sort of the ids otherwise. About 28 bytes a
  // rating at its peak. InvalidArgument when the lengths differ or a value is not finite.
  static Result<RatingMatrix> Build(std::span<const int64_t> user_ids,
                                    std::span<const int64_t> item_ids,
                                    std::span<const float> values);

  // From rows that are already by user, columns ascending and distinct within a row; the ids
  // ascend and are as many as the rows and the columns. For generated data and for splits.
  static RatingMatrix FromRows(std::vector<int64_t> user_ids, std::vector<int64_t> item_ids,
                               SparseRows by_user);

  // The same ids with only the entries whose keep flag (in by_user() order) is not 0.
  RatingMatrix Select(std::span<const uint8_t> keep) const;

  int32_t users() const { return static_cast<int32_t>(user_ids_.size()); }
  int32_t items() const { return static_cast<int32_t>(item_ids_.size()); }
  int64_t nonzeros() const { return by_user_.nonzeros(); }

  const SparseRows& by_user() const { return by_user_; }  // users() rows
  const SparseRows& by_item() const { return by_item_; }  // items() rows
  const std::vector<int64_t>& user_ids() const { return user_ids_; }
  const std::vector<int64_t>& item_ids() const { return item_ids_; }

  // Binary search; nothing when the id is unknown.
  std::optional<int32_t> UserIndex(int64_t user_id) const;
  std::optional<int32_t> ItemIndex(int64_t item_id) const;

 private:
  std::vector<int64_t> user_ids_;
  std::vector<int64_t> item_ids_;
  SparseRows by_user_;
  SparseRows by_item_;
};

// The transpose of `rows`, which has `columns` columns; columns of the result ascend.
SparseRows Transpose(const SparseRows& rows, int32_t columns);

// The position of `id` in ascending `ids`.
std::optional<int32_t> IndexOf(std::span<const int64_t> ids, int64_t id);

}  // namespace marquee::models
