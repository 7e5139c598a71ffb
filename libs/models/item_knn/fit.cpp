// Nearest neighbours of items: cosine with shrinkage, B_ij = x_i·x_j / (|x_i|·|x_j| + s).
//   Sarwar, Karypis, Konstan, Riedl, "Item-based collaborative filtering recommendation
//   algorithms", WWW 2001; shrinkage as in Bell, Koren, "Improved neighborhood-based collaborative
//   filtering", 2007.
#include <algorithm>
#include <cmath>
#include <utility>

#include "models/confidence.h"
#include "models/fitting.h"
#include "models/item_to_item.h"
#include "models/parallel.h"

namespace marquee::models::item_knn {
namespace {

// One thread's sums of products with one item.
struct Sums {
  std::vector<float> of;  // [items], 0 where not touched
  std::vector<int32_t> touched;
};

std::vector<ScoredItem> Neighbours(const RatingMatrix& observed, int32_t item,
                                   const std::vector<float>& norms, float shrinkage, Sums& sums) {
  const auto users = observed.by_item().RowColumns(item);
  const auto weights = observed.by_item().RowValues(item);
  for (size_t u = 0; u < users.size(); ++u) {
    const auto columns = observed.by_user().RowColumns(users[u]);
    const auto values = observed.by_user().RowValues(users[u]);
    for (size_t c = 0; c < columns.size(); ++c) {
      float& sum = sums.of[static_cast<size_t>(columns[c])];
      if (sum == 0) sums.touched.push_back(columns[c]);
      sum += weights[u] * values[c];
    }
  }
  std::vector<ScoredItem> neighbours;
  neighbours.reserve(sums.touched.size());
  for (const int32_t other : sums.touched) {
    const float product = std::exchange(sums.of[static_cast<size_t>(other)], 0.0F);
    neighbours.push_back(
        {other, product / (norms[static_cast<size_t>(item)] * norms[static_cast<size_t>(other)] +
                           shrinkage)});
  }
  sums.touched.clear();
  return neighbours;
}

}  // namespace

Result<std::vector<Option>> Options(const RatingMatrix&) {
  return std::vector<Option>{{"item-knn.shrinkage", 100, 0, 1e6, {10, 30, 300}},
                             {"item-knn.neighbours", 400, 1, 1e5, {50, 100, 200}},
                             {"item-knn.confidence_slope", ConfidenceRule().slope, 0, 1, {0, 0.1}},
                             {"item-knn.confidence_floor", ConfidenceRule().floor, 1e-9, 1},
                             {"item-knn.weight", 1, 0, 1e6, {0.5, 2}}};
}

Result<Parameters> Fit(const RatingMatrix& ratings, const OptionValues& options,
                       const Fitting& fitting) {
  const ConfidenceRule rule = ConfidenceOf(options, "item-knn", {});
  const auto shrinkage = static_cast<float>(options.at("item-knn.shrinkage"));
  const RatingMatrix observed = rule.Observe(ratings);
  const int32_t items = observed.items();
  std::vector<float> norms;
  for (int32_t item = 0; item < items; ++item) {
    float square = 0;
    for (const float value : observed.by_item().RowValues(item)) square += value * value;
    norms.push_back(std::sqrt(square));
  }

  constexpr int32_t kBlock = 1'024;
  const int threads = ThreadCount(fitting.threads);
  std::vector<Sums> sums(static_cast<size_t>(threads));
  for (Sums& own : sums) own.of.assign(static_cast<size_t>(items), 0);
  ItemToItemBuilder builder(items, static_cast<int>(options.at("item-knn.neighbours")));
  for (int32_t first = 0; first < items; first += kBlock) {
    const int32_t size = std::min(kBlock, items - first);
    ParallelFor(threads, size, [&](int64_t at, int thread) {
      const int32_t item = first + static_cast<int32_t>(at);
      builder.Add(item,
                  Neighbours(observed, item, norms, shrinkage, sums[static_cast<size_t>(thread)]));
    });
    if (!fitting.Report(static_cast<double>(first + size) / items)) {
      return Error::Cancelled("training_cancelled", "The training was cancelled.");
    }
  }
  return ItemToItemParameters(builder.Finish(), "item-knn", rule);
}

}  // namespace marquee::models::item_knn
