// Texts as rows of numbers: what logistic regression is fitted on.
#pragma once

#include <cstdint>
#include <vector>

namespace marquee::models::sentiment {

// Compressed sparse rows, columns ascending within a row. Rows are texts, columns terms.
struct Features {
  int32_t columns = 0;
  std::vector<int32_t> offsets = {0};  // [rows + 1]
  std::vector<int32_t> column;         // [nonzeros]
  std::vector<double> value;

  int32_t rows() const { return static_cast<int32_t>(offsets.size()) - 1; }
  // Of these rows, in this order.
  Features Rows(const std::vector<int32_t>& rows) const;
};

}  // namespace marquee::models::sentiment
