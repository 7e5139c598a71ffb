#include "models/content.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace marquee::models {
namespace {

constexpr size_t kMostGenres = 64;
constexpr int kDecade = 10;
constexpr double kYearsAlike = 8;
// Films are not older; a year in the far future is a mistake that mustn't cost a column a decade.
constexpr int kEarliest = 1870;
constexpr int kLatest = 2100;

bool Known(int year) { return year >= kEarliest && year <= kLatest; }

// The most frequent genres, by name; of equally frequent ones the first by name.
std::map<std::string, size_t> Columns(const std::vector<const ItemContent*>& items) {
  std::map<std::string, int64_t> counts;
  for (const ItemContent* item : items) {
    if (item == nullptr) continue;
    for (const std::string& genre : item->genres) ++counts[genre];
  }
  std::vector<std::pair<int64_t, std::string>> order;
  for (const auto& [genre, count] : counts) order.emplace_back(-count, genre);
  std::sort(order.begin(), order.end());
  order.resize(std::min(order.size(), kMostGenres));
  std::map<std::string, size_t> columns;
  for (const auto& [count, genre] : order) columns.emplace(genre, columns.size());
  return columns;
}

}  // namespace

Features ContentFeatures(const Content& content, std::span<const int64_t> item_ids) {
  std::vector<const ItemContent*> items;
  int first = kLatest + 1;
  int last = kEarliest - 1;
  for (const int64_t id : item_ids) {
    const auto found = content.find(id);
    items.push_back(found == content.end() ? nullptr : &found->second);
    if (items.back() == nullptr || !Known(items.back()->year)) continue;
    first = std::min(first, items.back()->year / kDecade * kDecade);
    last = std::max(last, items.back()->year / kDecade * kDecade);
  }
  const auto genres = Columns(items);
  const size_t decades = first > last ? 0 : static_cast<size_t>((last - first) / kDecade) + 1;
  Features features{.items = static_cast<int32_t>(item_ids.size()),
                    .columns = static_cast<int32_t>(genres.size() + decades),
                    .values = {}};
  const auto columns = static_cast<size_t>(features.columns);
  features.values.assign(items.size() * columns, 0);
  for (size_t i = 0; i < items.size(); ++i) {
    if (items[i] == nullptr) continue;
    float* row = features.values.data() + i * columns;
    for (const std::string& genre : items[i]->genres) {
      const auto column = genres.find(genre);
      if (column == genres.end()) continue;
      row[column->second] = 1 / std::sqrt(static_cast<float>(items[i]->genres.size()));
    }
    if (!Known(items[i]->year)) continue;
    for (size_t d = 0; d < decades; ++d) {
      const double distance = items[i]->year - (first + static_cast<int>(d) * kDecade);
      row[genres.size() + d] = static_cast<float>(std::exp(-std::pow(distance / kYearsAlike, 2)));
    }
  }
  return features;
}

}  // namespace marquee::models
