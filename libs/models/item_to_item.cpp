#include "models/item_to_item.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/lower_bound.h"

namespace marquee::models {
namespace {

struct Row {
  std::span<const int32_t> columns;
  std::span<const float> values;
};

Row RowOf(const SparseView& matrix, int32_t item) {
  const auto begin = static_cast<size_t>(matrix.offsets[static_cast<size_t>(item)]);
  const auto size = static_cast<size_t>(matrix.offsets[static_cast<size_t>(item) + 1]) - begin;
  return {matrix.columns.subspan(begin, size), matrix.values.subspan(begin, size)};
}

class ItemToItemProfile final : public Profile {
 public:
  ItemToItemProfile(const SparseView& matrix, int32_t items, std::vector<Observation> history)
      : matrix_(matrix), items_(items), history_(std::move(history)) {}

  void AddScores(float weight, std::span<float> scores) const override {
    for (const Observation& seen : history_) {
      if (!Known(seen.item)) continue;
      const float factor = weight * seen.weight();
      const Row row = RowOf(matrix_, seen.item);
      const float least = seen.target < 0 ? 0 : kAny;
      for (size_t i = 0; i < row.columns.size(); ++i)
        scores[static_cast<size_t>(row.columns[i])] += factor * std::max(row.values[i], least);
    }
  }
  float Score(int32_t item) const override {
    float score = 0;
    for (const Observation& seen : history_) score += Share(seen, item, 1);
    return score;
  }
  void AddShares(int32_t item, float weight, std::span<float> shares) const override {
    for (size_t j = 0; j < history_.size(); ++j) shares[j] += Share(history_[j], item, weight);
  }
  bool Dislikes(size_t j) const override { return history_[j].target < 0; }

 private:
  // What was disliked takes from what it would have supported, and recommends nothing.
  static constexpr float kAny = std::numeric_limits<float>::lowest();

  bool Known(int32_t item) const { return item >= 0 && item < items_; }
  float Share(const Observation& seen, int32_t item, float weight) const {
    if (!Known(seen.item)) return 0;
    const Row row = RowOf(matrix_, seen.item);
    const size_t at = LowerBound(row.columns, item);
    if (at == row.columns.size() || row.columns[at] != item) return 0;
    const float least = seen.target < 0 ? 0 : kAny;
    return weight * seen.weight() * std::max(row.values[at], least);
  }

  const SparseView& matrix_;
  int32_t items_;
  std::vector<Observation> history_;
};

class ItemToItemScorer final : public Scorer {
 public:
  ItemToItemScorer(SparseView matrix, int32_t items, ConfidenceRule rule)
      : matrix_(matrix), items_(items), rule_(rule) {}

  std::unique_ptr<const Profile> Read(std::span<const RatedItem> history) const override {
    return std::make_unique<ItemToItemProfile>(matrix_, items_, rule_.Observe(history));
  }
  std::vector<ScoredItem> Similar(int32_t item, int n, const ItemFilter& filter) const override {
    std::vector<int32_t> excluded(filter.excluded.begin(), filter.excluded.end());
    excluded.push_back(item);
    std::vector<float> scores(static_cast<size_t>(items_), 0);
    ItemToItemProfile(matrix_, items_, {{.item = item}}).AddScores(1, scores);
    return TopNOf(scores, n, {filter.allowed, excluded});
  }

 private:
  SparseView matrix_;
  int32_t items_;
  ConfidenceRule rule_;
};

}  // namespace

Result<std::shared_ptr<const Scorer>> LoadItemToItem(const Parameters& parameters,
                                                     const std::string& prefix, int32_t items) {
  ASSIGN_OR_RETURN(const SparseView matrix, parameters.Sparse(prefix, items));
  ASSIGN_OR_RETURN(const ConfidenceRule rule, ConfidenceRule::From(parameters, prefix));
  return std::shared_ptr<const Scorer>(std::make_shared<ItemToItemScorer>(matrix, items, rule));
}

Parameters ItemToItemParameters(ItemToItem matrix, const std::string& prefix,
                                const ConfidenceRule& rule) {
  Parameters parameters;
  parameters.Add(prefix, parameters.Keep(std::move(matrix)).view());
  rule.AddTo(parameters, prefix);
  return parameters;
}

void ItemToItemBuilder::Add(int32_t row, std::vector<ScoredItem> entries) {
  std::erase_if(entries,
                [row](const ScoredItem& entry) { return entry.item == row || entry.score == 0; });
  if (entries.size() > keep_) {
    std::nth_element(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(keep_),
                     entries.end(), [](const ScoredItem& a, const ScoredItem& b) {
                       const float x = std::abs(a.score);
                       const float y = std::abs(b.score);
                       return x > y || (x == y && a.item < b.item);
                     });
    entries.resize(keep_);
    entries.shrink_to_fit();
  }
  std::sort(entries.begin(), entries.end(),
            [](const ScoredItem& a, const ScoredItem& b) { return a.item < b.item; });
  rows_[static_cast<size_t>(row)] = std::move(entries);
}

ItemToItem ItemToItemBuilder::Finish() {
  ItemToItem matrix;
  for (auto& row : rows_) {
    for (const ScoredItem& entry : row) {
      matrix.columns.push_back(entry.item);
      matrix.values.push_back(entry.score);
    }
    matrix.offsets.push_back(static_cast<int64_t>(matrix.columns.size()));
    row = {};
  }
  return matrix;
}

}  // namespace marquee::models
