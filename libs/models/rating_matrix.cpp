#include "models/rating_matrix.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/lower_bound.h"

namespace marquee::models {
namespace {

struct DenseIds {
  std::vector<int64_t> ids;      // distinct, ascending
  std::vector<int32_t> indices;  // of each input
};

// LSD radix sort by bytes; bytes in which no two keys differ are skipped.
void RadixSort(std::vector<uint64_t>& keys) {
  std::vector<uint64_t> other(keys.size());
  for (int shift = 0; shift < 64; shift += 8) {
    std::array<size_t, 257> starts{};
    for (const uint64_t key : keys) ++starts[(key >> shift & 0xff) + 1];
    if (std::find(starts.begin(), starts.end(), keys.size()) != starts.end()) continue;
    for (size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
    for (const uint64_t key : keys) other[starts[key >> shift & 0xff]++] = key;
    keys.swap(other);
  }
}

// Ids in a range of moderate size: a table from id to index.
DenseIds ByTable(std::span<const int64_t> ids, int64_t lowest, size_t range) {
  DenseIds dense;
  std::vector<int32_t> table(range, 0);
  for (const int64_t id : ids) table[static_cast<size_t>(id - lowest)] = 1;
  for (size_t i = 0; i < range; ++i) {
    if (table[i] == 0) continue;
    table[i] = static_cast<int32_t>(dense.ids.size());
    dense.ids.push_back(lowest + static_cast<int64_t>(i));
  }
  dense.indices.resize(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    dense.indices[i] = table[static_cast<size_t>(ids[i] - lowest)];
  }
  return dense;
}

// Ids from anywhere: distinct ones by a radix sort, then an open-addressing table of those alone.
DenseIds BySort(std::span<const int64_t> ids) {
  constexpr uint64_t kSign = uint64_t{1} << 63;  // makes unsigned order the signed one
  DenseIds dense;
  std::vector<uint64_t> keys(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) keys[i] = static_cast<uint64_t>(ids[i]) ^ kSign;
  RadixSort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  dense.ids.reserve(keys.size());
  for (const uint64_t key : keys) dense.ids.push_back(static_cast<int64_t>(key ^ kSign));

  int bits = 4;
  while ((size_t{1} << bits) < 2 * dense.ids.size()) ++bits;
  const size_t mask = (size_t{1} << bits) - 1;
  std::vector<int32_t> slots(mask + 1, -1);
  const auto slot_of = [&](int64_t id) {
    size_t slot =
        static_cast<size_t>(static_cast<uint64_t>(id) * 0x9e3779b97f4a7c15ULL >> (64 - bits));
    while (slots[slot] >= 0 && dense.ids[static_cast<size_t>(slots[slot])] != id) {
      slot = (slot + 1) & mask;
    }
    return slot;
  };
  for (size_t i = 0; i < dense.ids.size(); ++i) {
    slots[slot_of(dense.ids[i])] = static_cast<int32_t>(i);
  }
  dense.indices.resize(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) dense.indices[i] = slots[slot_of(ids[i])];
  return dense;
}

DenseIds Densify(std::span<const int64_t> ids) {
  if (ids.empty()) return {};
  const auto [lowest, highest] = std::minmax_element(ids.begin(), ids.end());
  const uint64_t range = static_cast<uint64_t>(*highest) - static_cast<uint64_t>(*lowest);
  if (range < 4 * ids.size() + 1'000'000) {
    return ByTable(ids, *lowest, static_cast<size_t>(range) + 1);
  }
  return BySort(ids);
}

std::vector<int64_t> Offsets(std::span<const int32_t> indices, size_t rows) {
  std::vector<int64_t> offsets(rows + 1, 0);
  for (const int32_t index : indices) ++offsets[static_cast<size_t>(index) + 1];
  for (size_t i = 1; i <= rows; ++i) offsets[i] += offsets[i - 1];
  return offsets;
}

// Rows by user, columns ascending, equal columns in the order of the input: two stable counting
// sorts, by item and then by user.
SparseRows SortByUserAndItem(std::span<const int32_t> users, size_t user_count,
                             std::span<const int32_t> items, size_t item_count,
                             std::span<const float> values) {
  struct Entry {
    int32_t user;
    float value;
  };
  const size_t n = users.size();
  std::vector<int64_t> item_offsets = Offsets(items, item_count);
  std::vector<Entry> by_item(n);
  {
    std::vector<int64_t> next(item_offsets.begin(), item_offsets.end() - 1);
    for (size_t i = 0; i < n; ++i) {
      by_item[static_cast<size_t>(next[static_cast<size_t>(items[i])]++)] = {users[i], values[i]};
    }
  }
  SparseRows rows;
  rows.offsets = Offsets(users, user_count);
  rows.columns.resize(n);
  rows.values.resize(n);
  std::vector<int64_t> next(rows.offsets.begin(), rows.offsets.end() - 1);
  for (size_t item = 0; item < item_count; ++item) {
    for (int64_t i = item_offsets[item]; i < item_offsets[item + 1]; ++i) {
      const Entry& entry = by_item[static_cast<size_t>(i)];
      const auto to = static_cast<size_t>(next[static_cast<size_t>(entry.user)]++);
      rows.columns[to] = static_cast<int32_t>(item);
      rows.values[to] = entry.value;
    }
  }
  return rows;
}

// Of equal neighbouring columns the last stands.
void DropRepeats(SparseRows& rows) {
  size_t to = 0;
  for (size_t row = 0; row + 1 < rows.offsets.size(); ++row) {
    const auto begin = static_cast<size_t>(rows.offsets[row]);
    const auto end = static_cast<size_t>(rows.offsets[row + 1]);
    rows.offsets[row] = static_cast<int64_t>(to);
    for (size_t i = begin; i < end; ++i) {
      if (i + 1 < end && rows.columns[i + 1] == rows.columns[i]) continue;
      rows.columns[to] = rows.columns[i];
      rows.values[to] = rows.values[i];
      ++to;
    }
  }
  rows.offsets.back() = static_cast<int64_t>(to);
  rows.columns.resize(to);
  rows.values.resize(to);
}

}  // namespace

SparseRows Transpose(const SparseRows& rows, int32_t columns) {
  SparseRows result;
  result.offsets = Offsets(rows.columns, static_cast<size_t>(columns));
  result.columns.resize(rows.columns.size());
  result.values.resize(rows.values.size());
  std::vector<int64_t> next(result.offsets.begin(), result.offsets.end() - 1);
  for (int32_t row = 0; row < rows.rows(); ++row) {
    const auto begin = static_cast<size_t>(rows.offsets[static_cast<size_t>(row)]);
    const auto end = static_cast<size_t>(rows.offsets[static_cast<size_t>(row) + 1]);
    for (size_t i = begin; i < end; ++i) {
      const auto to = static_cast<size_t>(next[static_cast<size_t>(rows.columns[i])]++);
      result.columns[to] = row;
      result.values[to] = rows.values[i];
    }
  }
  return result;
}

std::optional<int32_t> IndexOf(std::span<const int64_t> ids, int64_t id) {
  const std::size_t at = LowerBound(ids, id);
  if (at == ids.size() || ids[at] != id) return std::nullopt;
  return static_cast<int32_t>(at);
}

Result<RatingMatrix> RatingMatrix::Build(std::span<const int64_t> user_ids,
                                         std::span<const int64_t> item_ids,
                                         std::span<const float> values) {
  if (user_ids.size() != item_ids.size() || user_ids.size() != values.size()) {
    return Error::InvalidArgument("columns_differ", "The rating columns differ in length.");
  }
  if (!std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); })) {
    return Error::InvalidArgument("value_not_finite", "A rating is not a finite number.");
  }
  DenseIds users = Densify(user_ids);
  DenseIds items = Densify(item_ids);
  constexpr size_t kMost = std::numeric_limits<int32_t>::max();
  if (users.ids.size() > kMost || items.ids.size() > kMost) {
    return Error::InvalidArgument("too_many_ids", "More than 2^31 - 1 distinct users or items.");
  }
  SparseRows rows =
      SortByUserAndItem(users.indices, users.ids.size(), items.indices, items.ids.size(), values);
  users.indices = {};
  items.indices = {};
  DropRepeats(rows);
  return FromRows(std::move(users.ids), std::move(items.ids), std::move(rows));
}

RatingMatrix RatingMatrix::FromRows(std::vector<int64_t> user_ids, std::vector<int64_t> item_ids,
                                    SparseRows by_user) {
  RatingMatrix matrix;
  matrix.user_ids_ = std::move(user_ids);
  matrix.item_ids_ = std::move(item_ids);
  matrix.by_user_ = std::move(by_user);
  matrix.by_item_ = Transpose(matrix.by_user_, matrix.items());
  return matrix;
}

RatingMatrix RatingMatrix::Select(std::span<const uint8_t> keep) const {
  SparseRows rows;
  rows.offsets.reserve(by_user_.offsets.size());
  for (int32_t user = 0; user < users(); ++user) {
    for (auto i = static_cast<size_t>(by_user_.offsets[static_cast<size_t>(user)]);
         i < static_cast<size_t>(by_user_.offsets[static_cast<size_t>(user) + 1]); ++i) {
      if (keep[i] == 0) continue;
      rows.columns.push_back(by_user_.columns[i]);
      rows.values.push_back(by_user_.values[i]);
    }
    rows.offsets.push_back(rows.nonzeros());
  }
  return FromRows(user_ids_, item_ids_, std::move(rows));
}

std::optional<int32_t> RatingMatrix::UserIndex(int64_t user_id) const {
  return IndexOf(user_ids_, user_id);
}

std::optional<int32_t> RatingMatrix::ItemIndex(int64_t item_id) const {
  return IndexOf(item_ids_, item_id);
}

}  // namespace marquee::models
