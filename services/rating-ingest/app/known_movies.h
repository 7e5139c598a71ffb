// Which movies there are, as marquee.movies.v1 says.
#pragma once

#include <shared_mutex>
#include <string_view>
#include <variant>

#include "base/call_context.h"
#include "metrics/metrics.h"
#include "movies/movie_feed.h"
#include "movies/movie_map.h"
#include "rating-ingest/app/ports.h"

namespace marquee::rating_ingest {

// A rating of a movie that is known waits for nobody. One that isn't known may have been created a
// moment ago: the catalogue is asked, and its answer holds for this one rating. Thread-safe.
class KnownMovies final : public MovieCatalog, public movies::MovieSink {
 public:
  // Both outlive it.
  KnownMovies(MovieCatalog& catalogue, metrics::Metrics& metrics);

  // The catalogue's error, where it must be asked and can't.
  Result<bool> Exists(std::int64_t movie_id, const CallContext& call) override;

  void Begin() override;
  void Put(const movies::MovieRecord& movie, std::string_view encoded) override;
  void Remove(std::int64_t movie_id) override;
  void Complete(const movies::Totals& totals) override;

 private:
  MovieCatalog& catalogue_;
  metrics::Counter asked_;
  std::shared_mutex mutex_;
  movies::MovieMap<std::monostate> movies_;
};

}  // namespace marquee::rating_ingest
