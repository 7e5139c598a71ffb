// Memory that a thread keeps for the next one who needs some: what is worked out for a list takes
// arrays of all items, which malloc would give back to the system after each.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace marquee::models {

// n zeros. On the stack of one thread; as many at once as are needed.
class Scratch {
 public:
  explicit Scratch(size_t n) {
    auto& kept = Kept();
    if (!kept.empty()) {
      values_ = std::move(kept.back());
      kept.pop_back();
    }
    values_.assign(n, 0);
  }
  ~Scratch() { Kept().push_back(std::move(values_)); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  // A contiguous range, as std::span takes it.
  float* data() { return values_.data(); }
  const float* data() const { return values_.data(); }
  size_t size() const { return values_.size(); }
  float* begin() { return data(); }
  float* end() { return data() + size(); }
  const float* begin() const { return data(); }
  const float* end() const { return data() + size(); }
  float& operator[](size_t at) { return values_[at]; }

 private:
  static std::vector<std::vector<float>>& Kept() {
    static thread_local std::vector<std::vector<float>> kept;
    return kept;
  }

  std::vector<float> values_;
};

}  // namespace marquee::models
