// The movies in PostgreSQL (migrations/deploy/movies.sql).
#pragma once

#include <atomic>

#include "base/call_context.h"
#include "catalog/domain/ports.h"
#include "pg/pool.h"

namespace marquee::catalog {

class PgMovieRepository final : public MovieRepository {
 public:
  // `prior_weight`: see rules::BayesianMean.
  PgMovieRepository(pg::Pool& pool, double prior_weight)
      : pool_(pool), prior_weight_(prior_weight) {}

  Result<CatalogMovie> Find(std::int64_t id, const CallContext& call) override;
  Result<MoviePage> List(const MovieListing& listing, const CallContext& call) override;
  Result<CatalogMovie> Create(const Movie& movie, const std::optional<Uuid>& operation,
                              const CallContext& call) override;
  Result<CatalogMovie> Update(std::int64_t id, const MoviePatch& patch,
                              const CallContext& call) override;
  Status Delete(std::int64_t id, const CallContext& call) override;
  Result<ImportCounts> Import(std::span<const Movie> movies, const CallContext& call) override;
  Result<std::int64_t> Count(const CallContext& call) override;

 private:
  void AnalyzeAfter(const ImportCounts& counts, const CallContext& call);

  pg::Pool& pool_;
  double prior_weight_;
  std::atomic<std::int64_t> imported_ = 0;  // movies that imports changed
  std::atomic<std::int64_t> analyzed_ = 0;  // of these, when statistics were made last
};

}  // namespace marquee::catalog
