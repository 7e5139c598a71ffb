#include "models/top_n.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

#include "models/kernels.h"

namespace marquee::models {
namespace {

bool Better(const ScoredItem& a, const ScoredItem& b) {
  return a.score > b.score || (a.score == b.score && a.item < b.item);
}

constexpr float kNever = -std::numeric_limits<float>::infinity();

// Takes blocks of scores in ascending item order and keeps the best n that the filter lets through.
class Selection {
 public:
  static constexpr size_t kBlock = 1024;

  Selection(size_t n, const ItemFilter& filter)
      : n_(n), allowed_(filter.allowed), excluded_(filter.excluded.begin(), filter.excluded.end()) {
    std::sort(excluded_.begin(), excluded_.end());
    kept_.reserve(2 * n_ + 64);
  }

  // Overwrites the scores of excluded items.
  void Take(int32_t first, std::span<float> scores) {
    const int64_t end = int64_t{first} + static_cast<int64_t>(scores.size());
    for (; next_ < excluded_.size() && excluded_[next_] < end; ++next_) {
      if (excluded_[next_] >= first) {
        scores[static_cast<size_t>(excluded_[next_] - first)] = kNever;
      }
    }
    constexpr size_t kGroup = 16;
    size_t i = 0;
    for (; i + kGroup <= scores.size(); i += kGroup) {
      float best = kNever;  // not the first: it may be no number
      for (size_t c = 0; c < kGroup; ++c) best = scores[i + c] > best ? scores[i + c] : best;
      if (!(best > threshold_)) continue;
      for (size_t c = i; c < i + kGroup; ++c) Offer(first, c, scores[c]);
    }
    for (; i < scores.size(); ++i) Offer(first, i, scores[i]);
  }

  std::vector<ScoredItem> Finish() {
    Shrink();
    std::sort(kept_.begin(), kept_.end(), Better);
    return std::move(kept_);
  }

 private:
  void Offer(int32_t first, size_t offset, float score) {
    if (!(score > threshold_)) return;
    const int32_t item = first + static_cast<int32_t>(offset);
    if (!IsAllowed(allowed_, item)) return;
    kept_.push_back({item, score});
    if (kept_.size() >= 2 * n_ + 64) Shrink();
  }

  // Later items lose ties, so from here on only a strictly better score can enter.
  void Shrink() {
    if (kept_.size() <= n_) return;
    std::nth_element(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(n_ - 1),
                     kept_.end(), Better);
    kept_.resize(n_);
    threshold_ = kept_[n_ - 1].score;
  }

  size_t n_;
  std::span<const uint64_t> allowed_;
  std::vector<int32_t> excluded_;
  size_t next_ = 0;
  float threshold_ = kNever;
  std::vector<ScoredItem> kept_;
};

// score_block(first, scores) fills the scores of the block that begins at `first`.
template <typename ScoreBlock>
std::vector<ScoredItem> Select(int32_t items, int n, const ItemFilter& filter,
                               const ScoreBlock& score_block) {
  if (n <= 0) return {};
  Selection selection(static_cast<size_t>(std::min(n, std::max(items, 1))), filter);
  std::array<float, Selection::kBlock> scores;
  for (int32_t first = 0; first < items; first += static_cast<int32_t>(Selection::kBlock)) {
    const auto size = std::min(Selection::kBlock, static_cast<size_t>(items - first));
    score_block(first, std::span<float>(scores.data(), size));
    selection.Take(first, std::span<float>(scores.data(), size));
  }
  return selection.Finish();
}

}  // namespace

bool IsAllowed(std::span<const uint64_t> allowed, int32_t item) {
  if (allowed.empty()) return true;
  const size_t word = static_cast<size_t>(item) / 64;
  return word < allowed.size() && (allowed[word] >> (item % 64) & 1) != 0;
}

std::vector<ScoredItem> TopNOf(std::span<const float> scores, int n, const ItemFilter& filter) {
  return Select(static_cast<int32_t>(scores.size()), n, filter,
                [&](int32_t first, std::span<float> block) {
                  std::copy_n(scores.begin() + first, block.size(), block.begin());
                });
}

std::vector<ScoredItem> TopNAmong(std::span<const int32_t> items, std::span<const float> scores,
                                  int n) {
  std::vector<ScoredItem> best;
  if (n <= 0) return best;
  best.reserve(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    if (scores[i] > kNever) best.push_back({items[i], scores[i]});
  }
  const size_t size = std::min(best.size(), static_cast<size_t>(n));
  std::partial_sort(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(size), best.end(),
                    Better);
  best.resize(size);
  return best;
}

CandidateSelection::CandidateSelection(int n, const ItemFilter& filter)
    : n_(static_cast<size_t>(std::max(n, 1))),
      allowed_(filter.allowed),
      excluded_(filter.excluded.begin(), filter.excluded.end()),
      threshold_(kNever) {
  std::sort(excluded_.begin(), excluded_.end());
}

void CandidateSelection::Take(int32_t first, std::span<const float> estimates,
                              std::span<const float> errors) {
  constexpr size_t kPart = 64;  // the threshold rises from one to the next
  std::array<uint32_t, kPart> found;
  const Kernels& kernels = BestKernels();
  for (size_t i = 0; i < estimates.size(); i += kPart) {
    const size_t size =
        kernels.not_below(estimates.data() + i, errors.data() + i,
                          std::min(kPart, estimates.size() - i), threshold_, found.data());
    for (const uint32_t c : std::span(found).first(size)) {
      Offer(first + static_cast<int32_t>(i + c), estimates[i + c], errors[i + c]);
    }
  }
}

void CandidateSelection::Offer(int32_t item, float estimate, float error) {
  const float most = estimate + error;
  if (most < threshold_ || !IsAllowed(allowed_, item) ||
      std::binary_search(excluded_.begin(), excluded_.end(), item)) {
    return;
  }
  candidates_.push_back({item, most});
  const float least = estimate - error;
  if (!(least > threshold_)) return;
  lowest_.push_back(least);
  if (lowest_.size() >= 2 * n_ + 64) Raise();
}

void CandidateSelection::Raise() {
  if (lowest_.size() < n_) return;
  const auto last = lowest_.begin() + static_cast<std::ptrdiff_t>(n_ - 1);
  std::nth_element(lowest_.begin(), last, lowest_.end(), std::greater<>());
  lowest_.resize(n_);
  threshold_ = *last;
  std::erase_if(candidates_, [this](const ScoredItem& one) { return one.score < threshold_; });
}

std::vector<int32_t> CandidateSelection::Finish() {
  Raise();
  std::vector<int32_t> items;
  items.reserve(candidates_.size());
  for (const ScoredItem& one : candidates_) items.push_back(one.item);
  return items;
}

Likeness::Likeness(MatrixView factors)
    : factors_(factors), inverse_norms_(static_cast<size_t>(factors.rows)) {
  const Kernels& kernels = BestKernels();
  for (int32_t row = 0; row < factors.rows; ++row) {
    float square = 0;
    const float* values = factors.Row(row).data();
    kernels.dot_rows(values, 1, static_cast<size_t>(factors.columns), values, &square);
    inverse_norms_[static_cast<size_t>(row)] = square > 0 ? 1 / std::sqrt(square) : 0;
  }
}

std::vector<ScoredItem> Likeness::To(int32_t item, int n, const ItemFilter& filter) const {
  if (item < 0 || item >= factors_.rows || inverse_norms_[static_cast<size_t>(item)] == 0)
    return {};
  std::vector<int32_t> excluded(filter.excluded.begin(), filter.excluded.end());
  excluded.push_back(item);
  std::vector<float> direction(factors_.Row(item).begin(), factors_.Row(item).end());
  for (float& value : direction) value *= inverse_norms_[static_cast<size_t>(item)];
  const Kernels& kernels = BestKernels();
  return Select(
      factors_.rows, n, {filter.allowed, excluded}, [&](int32_t first, std::span<float> scores) {
        kernels.dot_rows(factors_.Row(first).data(), scores.size(), direction.size(),
                         direction.data(), scores.data());
        for (size_t i = 0; i < scores.size(); ++i) {
          const float inverse = inverse_norms_[static_cast<size_t>(first) + i];
          scores[i] = inverse > 0 ? scores[i] * inverse : -std::numeric_limits<float>::infinity();
        }
      });
}

void ScoresOf(MatrixView factors, std::span<const int32_t> items, std::span<const float> vector,
              std::span<float> out) {
  if (vector.size() != static_cast<size_t>(factors.columns)) return;
  BestKernels().dot_gathered(factors.data, vector.size(), items.data(), items.size(), vector.data(),
                             out.data());
}

void Scores(MatrixView factors, std::span<const float> vector, std::span<float> out) {
  if (vector.size() != static_cast<size_t>(factors.columns) || factors.rows == 0) return;
  BestKernels().dot_rows(factors.data, static_cast<size_t>(factors.rows), vector.size(),
                         vector.data(), out.data());
}

}  // namespace marquee::models
