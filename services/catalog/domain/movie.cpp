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

}  // namespace marquee::catalog
