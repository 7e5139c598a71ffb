#include "recommender/app/catalogue_follower.h"

#include <malloc.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "logging/log.h"
#include "rules/rating.h"

namespace marquee::recommender {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

// Making copies takes one core at most one part in so many.
constexpr int kRest = 10;

double Mean(std::int64_t half_stars, std::int64_t count) {
  return count > 0 ? static_cast<double>(half_stars) / 2 / static_cast<double>(count) : 0;
}

Movie ToMovie(const movies::MovieRecord& record, const movies::Totals& totals) {
  return {.movie_id = record.movie_id,
          .title = record.title,
          .year = record.year,
          .genres = record.genres,
          .rating_count = record.rating_count,
          .rating_mean = Mean(record.half_stars, record.rating_count),
          .rating_bayesian_mean = rules::BayesianMean(record.half_stars, record.rating_count,
                                                      Mean(totals.half_stars, totals.rating_count),
                                                      totals.prior_ratings)};
}

}  // namespace

CatalogueFollower::CatalogueFollower(ServingHolder& serving, Options options,
                                     metrics::Metrics& metrics)
    : serving_(serving),
      options_(options),
      count_(metrics.AddGauge("marquee_recommender_catalogue_movies",
                              "Movies in the copy of the catalogue.")),
      task_(options.look_every, [this](const std::stop_token&) { return Step(); }) {}

void CatalogueFollower::Begin() {
  const std::lock_guard lock(mutex_);
  movies_.Begin();
}

void CatalogueFollower::Put(const movies::MovieRecord& movie, std::string_view encoded) {
  const std::lock_guard lock(mutex_);
  movies_.Put(movie.movie_id, std::string(encoded));
  if (movies_.whole()) ++changes_;
}

void CatalogueFollower::Remove(std::int64_t movie_id) {
  const std::lock_guard lock(mutex_);
  movies_.Remove(movie_id);
  if (movies_.whole()) ++changes_;
}

void CatalogueFollower::Complete(const movies::Totals& totals) {
  const std::lock_guard lock(mutex_);
  movies_.Complete();
  totals_ = totals;
  ++changes_;
}

Status CatalogueFollower::Ready() const {
  if (ready_) return {};
  const std::lock_guard lock(mutex_);
  ready_ = copied_ > 0 && copied_ == changes_;
  if (ready_) return {};
  return Error::Unavailable("catalogue_unavailable", "the catalogue is not loaded yet");
}

std::optional<milliseconds> CatalogueFollower::Step() {
  const auto started = Steady::now();
  std::vector<Movie> movies;
  std::int64_t changes = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!totals_ || copied_ == changes_) return std::nullopt;
    changes = changes_;
    movies.reserve(movies_.known().size());
    for (const auto& [id, encoded] : movies_.known()) {
      // It was decoded when it came.
      movies.push_back(ToMovie(movies::DecodeMovie(id, encoded).value(), *totals_));
    }
  }
  const auto catalogue = Catalogue::Make(std::move(movies));
  if (serving_.Get()->catalogue() == nullptr)
    logging::Info("catalogue loaded", {{"movies", catalogue->size()}});
  count_.Set(catalogue->size());
  serving_.Install(catalogue);
  {
    const std::lock_guard lock(mutex_);
    copied_ = changes;
  }
#ifdef __GLIBC__
  malloc_trim(0);  // what making it took, and the old copy, go back to the system: megabytes
#endif
  const auto took = std::chrono::duration_cast<milliseconds>(Steady::now() - started);
  return std::max(options_.pause, took * kRest);
}

}  // namespace marquee::recommender
