// Whether an id is one of many, asked once for each of millions of rows.
#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

namespace marquee::ctl {

// Ids of data sets are small numbers mostly: those have a bit each, which a processor's cache
// holds, where a hash table costs a miss or two for each question. Ids are positive.
class IdSet {
 public:
  void Insert(std::int64_t id) {
    if (id >= kMostBits) {
      others_.insert(id);
      return;
    }
    const auto at = static_cast<std::size_t>(id);
    if (at >= bits_.size()) bits_.resize(at + 1);
    bits_[at] = true;
  }
  bool Contains(std::int64_t id) const {
    if (id >= kMostBits) return others_.contains(id);
    const auto at = static_cast<std::size_t>(id);
    return at < bits_.size() && bits_[at];
  }

 private:
  static constexpr std::int64_t kMostBits = 1 << 24;  // 2 MiB
  std::vector<bool> bits_;
  std::unordered_set<std::int64_t> others_;
};

}  // namespace marquee::ctl
