#include "synthetic.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "models/random.h"

namespace marquee::bench {
namespace {

using models::Random;

// Draws in constant time from fixed weights (Walker 1977, Vose 1991).
class AliasTable {
 public:
  AliasTable(std::vector<int32_t> values, const std::vector<double>& weights)
      : values_(std::move(values)), keep_(weights.size()), alias_(weights.size(), 0) {
    const double mean =
        std::accumulate(weights.begin(), weights.end(), 0.0) / static_cast<double>(weights.size());
    std::vector<size_t> small;
    std::vector<size_t> large;
    for (size_t i = 0; i < weights.size(); ++i) {
      keep_[i] = weights[i] / mean;
      (keep_[i] < 1 ? small : large).push_back(i);
    }
    while (!small.empty() && !large.empty()) {
      const size_t low = small.back();
      small.pop_back();
      const size_t high = large.back();
      alias_[low] = high;
      keep_[high] -= 1 - keep_[low];
      if (keep_[high] < 1) {
        large.pop_back();
        small.push_back(high);
      }
    }
    for (const size_t i : small) keep_[i] = 1;
    for (const size_t i : large) keep_[i] = 1;
  }

  int32_t Draw(Random& random) const {
    const size_t slot = static_cast<size_t>(random.Below(values_.size()));
    return values_[random.Uniform() < keep_[slot] ? slot : alias_[slot]];
  }

 private:
  std::vector<int32_t> values_;
  std::vector<double> keep_;
  std::vector<size_t> alias_;
};

}  // namespace

models::RatingMatrix Synthetic(const SyntheticOptions& options) {
  std::vector<int32_t> everything(static_cast<size_t>(options.items));
  std::iota(everything.begin(), everything.end(), 0);
  Random random(options.seed);
  models::Shuffle(everything, random);  // popularity and id are unrelated
  std::vector<double> popularity(everything.size());
  std::vector<std::vector<int32_t>> topic_items(static_cast<size_t>(options.topics));
  std::vector<std::vector<double>> topic_weights(topic_items.size());
  for (size_t rank = 0; rank < everything.size(); ++rank) {
    popularity[rank] = std::pow(static_cast<double>(rank) + 30, -0.9);
    const auto topic = static_cast<size_t>(random.Below(topic_items.size()));
    topic_items[topic].push_back(everything[rank]);
    topic_weights[topic].push_back(popularity[rank]);
  }
  const AliasTable global(everything, popularity);
  std::vector<AliasTable> topics;
  for (size_t topic = 0; topic < topic_items.size(); ++topic) {
    topics.emplace_back(topic_items[topic], topic_weights[topic]);
  }

  std::vector<double> activity(static_cast<size_t>(options.users));
  for (size_t user = 0; user < activity.size(); ++user) {
    activity[user] = std::exp(1.1 * static_cast<double>(models::NormalAt(options.seed + 1, user)));
  }
  const double scale =
      static_cast<double>(options.ratings) / std::accumulate(activity.begin(), activity.end(), 0.0);
  models::SparseRows rows;
  rows.columns.reserve(static_cast<size_t>(options.ratings));
  std::vector<int32_t> row;
  std::vector<int64_t> user_ids;
  for (int32_t user = 0; user < options.users; ++user) {
    Random own(models::Mix(options.seed + 2, static_cast<uint64_t>(user)));
    const size_t tastes[3] = {own.Below(topics.size()), own.Below(topics.size()),
                              own.Below(topics.size())};
    const auto wanted = static_cast<size_t>(std::clamp(
        scale * activity[static_cast<size_t>(user)], 1.0, static_cast<double>(options.items) / 8));
    row.clear();
    // Repeats are dropped and drawn again, a bounded number of times.
    for (int round = 0; round < 8 && row.size() < wanted; ++round) {
      for (size_t i = row.size(); i < wanted; ++i) {
        row.push_back(own.Uniform() < 0.6 ? topics[tastes[own.Below(3)]].Draw(own)
                                          : global.Draw(own));
      }
      std::sort(row.begin(), row.end());
      row.erase(std::unique(row.begin(), row.end()), row.end());
    }
    for (const int32_t item : row) {
      rows.columns.push_back(item);
      rows.values.push_back(0.5F + 0.5F * static_cast<float>(own.Below(10)));
    }
    rows.offsets.push_back(rows.nonzeros());
    user_ids.push_back(user + 1);
  }
  std::vector<int64_t> item_ids(static_cast<size_t>(options.items));
  std::iota(item_ids.begin(), item_ids.end(), int64_t{1});
  return models::RatingMatrix::FromRows(std::move(user_ids), std::move(item_ids), std::move(rows));
}

}  // namespace marquee::bench
