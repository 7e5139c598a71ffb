// Ratings without any sense, for tests of what only counts them.
#pragma once

#include <cstdint>
#include <vector>

#include "models/random.h"
#include "models/rating_matrix.h"

namespace marquee::models::testing {

// The first items have the most.
inline RatingMatrix RandomRatings(int users, int items, double density) {
  std::vector<int64_t> u;
  std::vector<int64_t> i;
  std::vector<float> v;
  Random random(6);
  for (int user = 0; user < users; ++user) {
    for (int item = 0; item < items; ++item) {
      if (random.Uniform() > density / (1 + item * 0.1)) continue;
      u.push_back(user);
      i.push_back(item);
      v.push_back(0.5F + 0.5F * static_cast<float>(random.Below(10)));
    }
  }
  return *RatingMatrix::Build(u, i, v);
}

}  // namespace marquee::models::testing
