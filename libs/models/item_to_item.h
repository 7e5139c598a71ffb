// What linear item-to-item models have in common: a sparse matrix B of which row i holds what
// having i in the history adds to each item's score.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "models/algorithm.h"
#include "models/confidence.h"

namespace marquee::models {

// Of "<prefix>.offsets", .columns and .values, and the prefix's confidence rule. The score of item
// j is Σ_i w_i·B_ij, with max(B_ij, 0) where w_i < 0, which is its own explanation; similar to i is
// what its row says.
Result<std::shared_ptr<const Scorer>> LoadItemToItem(const Parameters& parameters,
                                                     const std::string& prefix, int32_t items);

// B as compressed rows, no diagonal, columns ascending within a row.
struct ItemToItem {
  std::vector<int64_t> offsets = {0};  // items + 1
  std::vector<int32_t> columns;
  std::vector<float> values;

  SparseView view() const { return {offsets, columns, values}; }
};

// B under "<prefix>." with the rule, as LoadItemToItem reads them.
Parameters ItemToItemParameters(ItemToItem matrix, const std::string& prefix,
                                const ConfidenceRule& rule);

// Collects B's rows and keeps of each the largest magnitudes; of equal ones the smaller indices.
class ItemToItemBuilder {
 public:
  ItemToItemBuilder(int32_t items, int neighbours)
      : rows_(static_cast<size_t>(items)), keep_(static_cast<size_t>(std::max(neighbours, 1))) {}

  // Once for a row, with entries (the score is the value) in any order; zeros and the row's own
  // item are left out. Threads may add different rows at once.
  void Add(int32_t row, std::vector<ScoredItem> entries);
  ItemToItem Finish();

 private:
  std::vector<std::vector<ScoredItem>> rows_;
  size_t keep_;
};

}  // namespace marquee::models
