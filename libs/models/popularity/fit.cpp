#include "models/fitting.h"

namespace marquee::models::popularity {

Result<std::vector<Option>> Options(const RatingMatrix&) {
  return std::vector<Option>{{"popularity.weight", 1, 0, 1e6}};
}

Result<Parameters> Fit(const RatingMatrix& ratings, const OptionValues&, const Fitting&) {
  std::vector<float> counts;
  for (int32_t item = 0; item < ratings.items(); ++item)
    counts.push_back(static_cast<float>(ratings.by_item().RowSize(item)));
  Parameters parameters;
  parameters.Add("popularity.counts", std::span<const float>(parameters.Keep(std::move(counts))));
  return parameters;
}

}  // namespace marquee::models::popularity
