// A weighted sum of other algorithms' scores: an algorithm whose parts are algorithms.
#pragma once

#include <memory>
#include <vector>

#include "models/algorithm.h"

namespace marquee::models::blend {

struct Part {
  std::shared_ptr<const Scorer> scorer;
  float weight = 1;
};

// Scores and shares add up. Similar is the first part's, which is all that is asked of a part without
// weight.
std::shared_ptr<const Scorer> Make(std::vector<Part> parts);

}  // namespace marquee::models::blend
