// What the use cases share: a person's ratings as a model takes them, and the errors.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "models/matrix_view.h"
#include "recommender/app/list.h"
#include "recommender/app/serving.h"
#include "recommender/domain/history.h"

namespace marquee::recommender {

// The ratings of the movies that a model knows, by its item index, and which of `ratings` they are.
struct KnownRatings {
  std::vector<models::RatedItem> items;
  std::vector<std::size_t> from;
  std::vector<std::int32_t> without_value;  // rated too long ago to be among them
};
KnownRatings KnownTo(const models::Ranker& ranker, std::span<const Rated> ratings);

// How many movies a list has.
int Count(const ListRequest& request);

// InvalidArgument "rating_out_of_range", "rating_repeated"; `prefix` is the field that they came in,
// as "ratings".
Status CheckRatings(std::span<const Rated> ratings, const std::string& prefix);
Status CheckFilter(const MovieFilter& filter);  // InvalidArgument "year_range_invalid"

// What the person would give each movie of their list.
void PredictRatings(const ModelInUse& rating, std::span<const Rated> ratings,
                    const Catalogue& catalogue, std::vector<RecommendedMovie>& movies);

Error CatalogueMissing();
Error ModelUnavailable();
Error NoSuchMovie(std::int64_t movie_id, std::string field = {});

}  // namespace marquee::recommender
