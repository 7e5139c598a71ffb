// What makes a rating one that is taken, from a person or an import, at the server and in
// marqueectl; and what many of them say together.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/result.h"

namespace marquee::rules {

struct ImportedRating {
  std::int64_t user_id = 0;
  std::int64_t movie_id = 0;
  double value = 0;
  std::int64_t rated_at_seconds = 0;  // since 1970, UTC; 0: not known
};

// True for 0.5, 1.0 … 5.0 exactly.
bool IsRatingValue(double value);
// InvalidArgument "rating_out_of_range" (field `value`) for any other.
Status CheckRatingValue(double value);

// The latest time that is taken at `now`: a day ahead, for clocks that differ.
std::int64_t LatestRatingSeconds(Time now);

// InvalidArgument that names the field: "user_id", "movie_id", "value", "rated_at".
Status CheckImport(const ImportedRating& rating, std::int64_t latest_seconds);

// A movie's mean shrunk towards `prior_mean`, the mean of all ratings of all movies, as if every
// movie had `prior_weight` ratings of that value: (m·C + sum) / (m + n). `half_stars` is the sum of
// the ratings in half stars, so that it is exact.
double BayesianMean(std::int64_t half_stars, std::int64_t rating_count, double prior_mean,
                    double prior_weight);

}  // namespace marquee::rules
