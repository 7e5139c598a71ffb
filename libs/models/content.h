// What is known of items besides ratings.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "models/matrix_view.h"

namespace marquee::models {

struct ItemContent {
  std::vector<std::string> genres = {};
  int year = 0;  // 0: not known
};
using Content = std::map<int64_t, ItemContent>;  // by item id

// Rows of numbers, row-major.
struct Features {
  int32_t items = 0;
  int32_t columns = 0;
  std::vector<float> values;  // [items, columns]

  MatrixView view() const { return {values.data(), items, columns}; }
};

// One row an item, zeros for one of which nothing is known. A column for each of the (at most 64)
// genres that the most items have: 1/√(number of the item's genres); and one for each decade
// between the earliest and the latest year: exp(−((year − decade)/8)²), so that neighbouring years
// are alike. Nothing else: what the columns are worth is for an algorithm to learn.
Features ContentFeatures(const Content& content, std::span<const int64_t> item_ids);

}  // namespace marquee::models
