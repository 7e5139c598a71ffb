// Inner products with rows that are rounded to 8 bits: a quarter of the memory is read, and how far
// off a product can be is known, so that the few rows that may be among the best can be told and
// multiplied exactly (ADR 208). The list is the one that an exact scan gives, to the bit.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/matrix_view.h"
#include "models/top_n.h"

namespace marquee::models {

// Immutable: any number of threads. Holds no view. Rows of up to kMaxFactors columns.
class RoundedRows {
 public:
  explicit RoundedRows(MatrixView rows);

  // A vector as Estimate takes it: 16 bits a value.
  struct Query {
    std::vector<int16_t> values;  // [padded columns]
    float scale = 0;              // what one step of `values` is
    float norm = 0;  // of the vector, rounded up; infinite or NaN when it has such values
  };
  Query Round(std::span<const float> vector) const;

  // Of the rows from `first` on, as many as there is room for (both [n]):
  //   |estimates[i] − x| ≤ errors[i]
  // where x is what Scores (models/top_n.h) says of row first + i.
  void Estimate(const Query& query, size_t first, std::span<float> estimates,
                std::span<float> errors) const;

 private:
  // y = s·c + r, c the bytes, s the row's step. With q = t·d + ρ for the vector,
  //   |y·q − s·t·(c·d)| = |s·c·ρ + r·q| ≤ ‖s·c‖·‖ρ‖ + ‖r‖·‖q‖
  // and ‖ρ‖ ≤ √k·t/2 ≤ ‖q‖·√k/(2·most_), t·most_ being q's largest value. c·d is exact. Rounding
  // moves y·q in float by k·2⁻²³·‖y‖·‖q‖ at most in any order of summation (Higham 2002, 3.1), and
  // s·t·(c·d) by 2⁻²² of itself. All of it is ‖q‖ times what is known of the row: its reach.
  size_t columns_ = 0;          // padded
  int32_t most_ = 1;            // of the vector's steps: k·127·most_ fits 32 bits
  std::vector<int8_t> values_;  // c, [rows, columns_]
  std::vector<float> steps_;    // s, [rows]
  std::vector<float> reaches_;  // [rows]
};

// The n rows with the largest products, as TopNOf of Scores gives them; `rounded` was made of
// `rows`.
std::vector<ScoredItem> TopProducts(MatrixView rows, const RoundedRows& rounded,
                                    std::span<const float> vector, int n,
                                    const ItemFilter& filter = {});

}  // namespace marquee::models
