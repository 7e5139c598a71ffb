#include "models/rounded_rows.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "models/kernels.h"

namespace marquee::models {
namespace {

constexpr double kUp = 1 + 0x1p-20;  // more than a few roundings to float take away
constexpr int kMostOfARow = 127;

// What is outside is not rounded but always multiplied exactly: steps would underflow, or products
// overflow.
bool InRange(float largest) { return largest == 0 || (largest > 1e-25F && largest < 1e15F); }

constexpr float kInfinite = std::numeric_limits<float>::infinity();

}  // namespace

RoundedRows::RoundedRows(MatrixView rows)
    : columns_(Padded(static_cast<size_t>(rows.columns))),
      most_(static_cast<int32_t>(std::min<int64_t>(
          std::numeric_limits<int16_t>::max(),
          std::numeric_limits<int32_t>::max() /
              (kMostOfARow * static_cast<int64_t>(std::max<size_t>(columns_, 1)))))),
      values_(static_cast<size_t>(rows.rows) * columns_, 0),
      steps_(static_cast<size_t>(rows.rows), 0),
      reaches_(static_cast<size_t>(rows.rows), 0) {
  const auto k = static_cast<double>(columns_);
  const double of_the_vector = 1.01 * std::sqrt(k) / (2.0 * most_);
  for (int32_t row = 0; row < rows.rows; ++row) {
    const auto values = rows.Row(row);
    const auto at = static_cast<size_t>(row);
    float largest = 0;
    for (const float value : values) largest = std::max(largest, std::abs(value));
    const float step = largest / kMostOfARow;
    double norm = 0, rest = 0;
    for (size_t c = 0; c < values.size(); ++c) {
      const auto value = static_cast<double>(values[c]);
      const double steps =
          step > 0 ? std::clamp<double>(std::nearbyint(value / static_cast<double>(step)),
                                        -kMostOfARow, kMostOfARow)
                   : 0;
      values_[at * columns_ + c] = static_cast<int8_t>(steps);
      const double left = value - steps * static_cast<double>(step);
      norm += value * value;
      rest += left * left;
    }
    norm = std::sqrt(norm);
    rest = std::sqrt(rest);
    steps_[at] = step;
    if (!InRange(largest)) {
      reaches_[at] = kInfinite;
      continue;
    }
    reaches_[at] = static_cast<float>(
        kUp * (rest + (norm + rest) * (of_the_vector + (k + 2) * 0x1p-23 + 0x1p-21)));
  }
}

RoundedRows::Query RoundedRows::Round(std::span<const float> vector) const {
  Query query{.values = std::vector<int16_t>(columns_, 0)};
  double norm = 0;
  float largest = 0;
  for (const float value : vector) {
    norm += static_cast<double>(value) * static_cast<double>(value);
    largest = std::max(largest, std::abs(value));
  }
  query.norm = static_cast<float>(std::sqrt(norm) * kUp);
  query.scale = largest / static_cast<float>(most_);
  if (!InRange(largest)) query.norm = kInfinite;
  if (!(query.scale > 0) || !std::isfinite(query.norm)) return query;
  for (size_t c = 0; c < vector.size(); ++c) {
    const double steps = static_cast<double>(vector[c]) / static_cast<double>(query.scale);
    query.values[c] =
        static_cast<int16_t>(std::clamp<double>(std::nearbyint(steps), -most_, most_));
  }
  return query;
}

void RoundedRows::Estimate(const Query& query, size_t first, std::span<float> estimates,
                           std::span<float> errors) const {
  constexpr size_t kBlock = 1024;
  std::array<int32_t, kBlock> products;
  const Kernels& kernels = BestKernels();
  for (size_t done = 0; done < estimates.size(); done += kBlock) {
    const size_t size = std::min(kBlock, estimates.size() - done);
    const size_t from = first + done;
    kernels.dot_bytes(values_.data() + from * columns_, size, columns_, query.values.data(),
                      products.data());
    kernels.bound(products.data(), steps_.data() + from, reaches_.data() + from, size, query.scale,
                  query.norm, estimates.data() + done, errors.data() + done);
  }
}

std::vector<ScoredItem> TopProducts(MatrixView rows, const RoundedRows& rounded,
                                    std::span<const float> vector, int n,
                                    const ItemFilter& filter) {
  if (n <= 0 || rows.empty()) return {};
  const RoundedRows::Query query = rounded.Round(vector);
  CandidateSelection selection(n, filter);
  std::array<float, CandidateSelection::kBlock> estimates, errors;
  const auto total = static_cast<size_t>(rows.rows);
  for (size_t first = 0; first < total; first += estimates.size()) {
    const size_t size = std::min(estimates.size(), total - first);
    rounded.Estimate(query, first, std::span(estimates).first(size), std::span(errors).first(size));
    selection.Take(static_cast<int32_t>(first), std::span(estimates).first(size),
                   std::span(errors).first(size));
  }
  const std::vector<int32_t> items = selection.Finish();
  std::vector<float> scores(items.size());
  ScoresOf(rows, items, vector, scores);
  return TopNAmong(items, scores, n);
}

}  // namespace marquee::models
