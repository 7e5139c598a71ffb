#include "catalog/domain/movie.h"

namespace marquee::catalog {

Result<Movie> MoviePatch::ApplyTo(Movie movie) const {
  if (title) movie.title = *title;
  if (year) movie.year = *year;
  if (genres) movie.genres = *genres;
  if (imdb_id) movie.imdb_id = *imdb_id;
  if (tmdb_id) movie.tmdb_id = *tmdb_id;
  return Checked(std::move(movie));
}

double BayesianMean(std::int64_t half_stars, std::int64_t rating_count, double prior_mean,
                    double prior_weight) {
  const double weight = prior_weight + static_cast<double>(rating_count);
  if (weight <= 0) return 0;
  return (prior_weight * prior_mean + static_cast<double>(half_stars) / 2) / weight;
}

}  // namespace marquee::catalog
