#include "recommender/app/known_ratings.h"

#include <algorithm>

#include "models/rating_matrix.h"
#include "rules/rating.h"

namespace marquee::recommender {
namespace {

constexpr int kDefaultCount = 20;
constexpr int kMaxCount = 100;

}  // namespace

int Count(const ListRequest& request) {
  return request.count <= 0 ? kDefaultCount : std::min(request.count, kMaxCount);
}

KnownRatings KnownTo(const models::Ranker& ranker, std::span<const Rated> ratings) {
  const auto item_ids = ranker.model().item_ids;
  KnownRatings known;
  known.items.reserve(ratings.size());
  known.from.reserve(ratings.size());
  for (std::size_t at = 0; at < ratings.size(); ++at) {
    const auto item = models::IndexOf(item_ids, ratings[at].movie_id);
    if (!item) continue;
    if (!(ratings[at].value > 0)) {
      known.without_value.push_back(*item);
      continue;
    }
    known.items.push_back({*item, ratings[at].value});
    known.from.push_back(at);
  }
  return known;
}

Status CheckFilter(const MovieFilter& filter) {
  if (filter.year_min > 0 && filter.year_max > 0 && filter.year_min > filter.year_max) {
    return Error::InvalidArgument("year_range_invalid", "year_min is after year_max.", "year_min");
  }
  return {};
}

Status CheckRatings(std::span<const Rated> ratings, const std::string& prefix) {
  std::vector<std::size_t> order(ratings.size());
  for (std::size_t at = 0; at < ratings.size(); ++at) order[at] = at;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return ratings[a].movie_id < ratings[b].movie_id;
  });
  for (std::size_t at = 0; at < ratings.size(); ++at) {
    const auto path = prefix + "[" + std::to_string(at) + "].";
    if (!rules::IsRatingValue(ratings[at].value)) {
      return Error::InvalidArgument("rating_out_of_range",
                                    "A rating is 0.5 to 5.0 in steps of 0.5.", path + "value");
    }
  }
  for (std::size_t at = 1; at < order.size(); ++at) {
    if (ratings[order[at]].movie_id == ratings[order[at - 1]].movie_id) {
      return Error::InvalidArgument("rating_repeated",
                                    "A movie can be rated only once in a request.",
                                    prefix + "[" + std::to_string(order[at]) + "].movie_id");
    }
  }
  return {};
}

void PredictRatings(const ModelInUse& rating, std::span<const Rated> ratings,
                    const Catalogue& catalogue, std::vector<RecommendedMovie>& movies) {
  const models::Ranker& ranker = *rating.ranker;
  const KnownRatings known = KnownTo(ranker, ratings);
  const auto profile = ranker.Read(known.items);
  for (auto& movie : movies) {
    if (const auto item = ranker.IndexOf(catalogue.Id(movie.row)))
      movie.predicted_rating = profile->Score(*item);
  }
}

Error CatalogueMissing() {
  return Error::Unavailable("catalogue_unavailable",
                            "The catalogue is not loaded yet. Try again in a moment.");
}

Error ModelUnavailable() {
  return Error::Unavailable("model_unavailable",
                            "The model can't be had at the moment. Try again shortly.");
}

Error NoSuchMovie(std::int64_t movie_id, std::string field) {
  Error error = Error::NotFound(
      "movie_unknown", "There is no movie " + std::to_string(movie_id) + " in the catalogue.");
  error.field = std::move(field);
  return error;
}

}  // namespace marquee::recommender
