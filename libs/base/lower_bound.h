// Binary search without branches: in arrays that aren't in the first cache half of a search's
// branches are mispredicted, which costs more than its reads.
#pragma once

#include <cstddef>
#include <ranges>

namespace marquee {

// The index of the first value that isn't less, as std::ranges::lower_bound finds it; the size when
// there is none. `values` ascend.
template <std::ranges::contiguous_range Range>
std::size_t LowerBound(const Range& values, const std::ranges::range_value_t<Range>& value) {
  const auto* const begin = std::ranges::data(values);
  const auto* first = begin;
  std::size_t left = std::ranges::size(values);
  while (left > 1) {
    const std::size_t half = left / 2;
    first += first[half - 1] < value ? half : 0;
    left -= half;
  }
  return static_cast<std::size_t>(first - begin) + (left == 1 && *first < value ? 1 : 0);
}

}  // namespace marquee
