// Scores of all items by inner product, and the choice of the best N.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/matrix_view.h"

namespace marquee::models {

// Which items may be returned.
struct ItemFilter {
  // Bit i of the words: item i is allowed. Empty: all are. Shorter than the items: the rest isn't.
  std::span<const uint64_t> allowed;
  std::span<const int32_t> excluded;  // any order, repeats and unknown indices are harmless
};

// Whether ItemFilter's `allowed` has the item, which isn't below 0.
bool IsAllowed(std::span<const uint64_t> allowed, int32_t item);

// One bit for each item, as ItemFilter takes it.
class ItemSet {
 public:
  explicit ItemSet(int32_t items) : words_((static_cast<size_t>(items) + 63) / 64) {}
  void Add(int32_t item) { words_[static_cast<size_t>(item) / 64] |= uint64_t{1} << (item % 64); }
  bool Contains(int32_t item) const {
    return (words_[static_cast<size_t>(item) / 64] >> (item % 64) & 1) != 0;
  }
  std::span<const uint64_t> words() const { return words_; }

 private:
  std::vector<uint64_t> words_;
};

// The n items with the largest scores, [items], best first; ties go to the smaller index. Fewer
// when the filter leaves fewer.
std::vector<ScoredItem> TopNOf(std::span<const float> scores, int n, const ItemFilter& filter = {});

// The same of these items alone, ascending, with scores[i] that of items[i].
std::vector<ScoredItem> TopNAmong(std::span<const int32_t> items, std::span<const float> scores,
                                  int n);

// Finds the items that may be among the n best where only estimates are known, and how far off they
// may be: those that it leaves out can't be. An error that is no number makes a candidate.
class CandidateSelection {
 public:
  static constexpr size_t kBlock = 1024;

  CandidateSelection(int n, const ItemFilter& filter);
  // Blocks in ascending order of items; both [n], |score of first + i − estimates[i]| ≤ errors[i].
  void Take(int32_t first, std::span<const float> estimates, std::span<const float> errors);
  // Ascending; at least n of them, or all that the filter lets through.
  std::vector<int32_t> Finish();

 private:
  void Offer(int32_t item, float estimate, float error);
  void Raise();

  size_t n_;
  std::span<const uint64_t> allowed_;
  std::vector<int32_t> excluded_;       // ascending
  std::vector<float> lowest_;           // of candidates: the largest of what they have at least
  std::vector<ScoredItem> candidates_;  // the score: what they have at most
  float threshold_;                     // n items have at least this
};

// How alike items are by the cosine of their factors, which it views.
class Likeness {
 public:
  explicit Likeness(MatrixView factors);
  // The n items most like `item`, the cosine as the score; `item` itself is left out. Items with
  // zero factors (never rated) are never similar to anything.
  std::vector<ScoredItem> To(int32_t item, int n, const ItemFilter& filter = {}) const;

 private:
  MatrixView factors_;
  std::vector<float> inverse_norms_;  // 1/|row|, 0 for a zero row
};

// out[i] = factors.Row(i)·vector, [rows].
void Scores(MatrixView factors, std::span<const float> vector, std::span<float> out);
// out[i] = factors.Row(items[i])·vector, to the bit as Scores has it; [items].
void ScoresOf(MatrixView factors, std::span<const int32_t> items, std::span<const float> vector,
              std::span<float> out);

}  // namespace marquee::models
