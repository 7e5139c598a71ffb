#include "rules/rating.h"

#include <algorithm>
#include <cmath>

#include "rules/ids.h"

namespace marquee::rules {
namespace {

constexpr std::int64_t kMostSeconds = 253'402'300'799;  // the end of 9999, as protobuf has it
constexpr std::int64_t kDaySeconds = 86'400;

}  // namespace

bool IsRatingValue(double value) {
  return value >= 0.5 && value <= 5.0 && std::floor(value * 2) == value * 2;
}

Status CheckRatingValue(double value) {
  if (IsRatingValue(value)) return {};
  return Error::InvalidArgument("rating_out_of_range", "a rating is 0.5 to 5.0 in steps of 0.5",
                                "value");
}

std::int64_t LatestRatingSeconds(Time now) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  return std::min(kMostSeconds, seconds + kDaySeconds);
}

Status CheckImport(const ImportedRating& rating, std::int64_t latest_seconds) {
  if (!IsImportedId(rating.user_id)) {
    return Error::InvalidArgument("id_out_of_range", "an imported user's id is 1 to 999,999,999",
                                  "user_id");
  }
  if (!IsImportedId(rating.movie_id)) {
    return Error::InvalidArgument("id_out_of_range", "an imported movie's id is 1 to 999,999,999",
                                  "movie_id");
  }
  RETURN_IF_ERROR(CheckRatingValue(rating.value));
  if (rating.rated_at_seconds < 0 || rating.rated_at_seconds > latest_seconds) {
    return Error::InvalidArgument("time_out_of_range",
                                  "a rating's time is in seconds since 1970 and not in the future",
                                  "rated_at");
  }
  return {};
}

double BayesianMean(std::int64_t half_stars, std::int64_t rating_count, double prior_mean,
                    double prior_weight) {
  const double weight = prior_weight + static_cast<double>(rating_count);
  if (weight <= 0) return 0;
  return (prior_weight * prior_mean + static_cast<double>(half_stars) / 2) / weight;
}

}  // namespace marquee::rules
