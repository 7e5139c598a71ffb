#include "rating-ingest/app/known_movies.h"

#include <mutex>

namespace marquee::rating_ingest {

KnownMovies::KnownMovies(MovieCatalog& catalogue, metrics::Metrics& metrics)
    : catalogue_(catalogue),
      asked_(metrics.AddCounter("marquee_rating_ingest_movies_asked_total",
                                "Ratings of movies that marquee.movies.v1 doesn't have (yet): the "
                                "catalogue is asked")) {}

Result<bool> KnownMovies::Exists(std::int64_t movie_id, const CallContext& call) {
  {
    const std::shared_lock lock(mutex_);
    if (movies_.Contains(movie_id)) return true;
  }
  asked_.Increment();
  return catalogue_.Exists(movie_id, call);
}

void KnownMovies::Begin() {
  const std::lock_guard lock(mutex_);
  movies_.Begin();
}

void KnownMovies::Put(const movies::MovieRecord& movie, std::string_view) {
  const std::lock_guard lock(mutex_);
  movies_.Put(movie.movie_id, {});
}

void KnownMovies::Remove(std::int64_t movie_id) {
  const std::lock_guard lock(mutex_);
  movies_.Remove(movie_id);
}

void KnownMovies::Complete(const movies::Totals&) {
  const std::lock_guard lock(mutex_);
  movies_.Complete();
}

}  // namespace marquee::rating_ingest
