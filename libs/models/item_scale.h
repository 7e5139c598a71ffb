// What a ranking model makes of its algorithm's scores, item by item: scale·score + prior. The scale
// corrects for popularity, which is a factor of each column of a linear model; the prior
// orders what the history says nothing of: it fills the list of who has only said what they dislike.
#pragma once

#include <memory>
#include <vector>

#include "models/algorithm.h"
#include "models/rating_matrix.h"

namespace marquee::models {

struct ItemScaleOptions {
  float popularity_exponent = 0;  // c: scale = (number of raters, at least 1)^c
  float prior = 0;                // prior = this · raters / users
};

struct ItemScale {
  std::vector<float> scale;  // [items]
  std::vector<float> prior;  // [items]
};
ItemScale ScaleOf(const RatingMatrix& ratings, const ItemScaleOptions& options);

// Adds "ranking.item_scale" and "ranking.item_prior", f32 [items], to the parameters.
void AddItemScale(ItemScale items, Parameters& parameters);

// `scorer` under the parameters' scale and prior; itself where they have none. A share is scaled as
// the score is, so that shares still sum to what the history adds. Similar items are the scorer's.
Result<std::shared_ptr<const Scorer>> WithItemScale(std::shared_ptr<const Scorer> scorer,
                                                    const Parameters& parameters, int32_t items);

}  // namespace marquee::models
