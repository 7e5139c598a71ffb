#include "base/lower_bound.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace marquee {
namespace {

TEST(LowerBound, IsThatOfTheStandardLibrary) {
  std::vector<int> values;
  for (int size = 0; size <= 70; ++size) {
    for (int value = -1; value <= 2 * size + 1; ++value) {
      const auto expected = std::ranges::lower_bound(values, value) - values.begin();
      EXPECT_EQ(LowerBound(values, value), static_cast<std::size_t>(expected))
          << size << ", " << value;
    }
    values.push_back(size > 0 && size % 5 == 4 ? values.back() : 2 * size);  // some repeat
  }
}

}  // namespace
}  // namespace marquee
