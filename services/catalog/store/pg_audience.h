// What the ratings say of groups of movies, read from the statistics that rating_step keeps.
#pragma once

#include "base/call_context.h"
#include "catalog/domain/ports.h"
#include "pg/pool.h"

namespace marquee::catalog {

class PgAudienceRepository final : public AudienceRepository {
 public:
  PgAudienceRepository(pg::Pool& pool, double prior_weight)
      : pool_(pool), prior_weight_(prior_weight) {}
  Result<std::vector<GenreCount>> Genres(const CallContext& call) override;
  Result<std::vector<YearRatings>> RatingsByYear(int year_min, int year_max,
                                                 const CallContext& call) override;
  Result<std::vector<GenreMovies>> PopularByGenre(const std::string& genre, int count,
                                                  const CallContext& call) override;
  Result<std::vector<TrendingMovie>> Trending(int count, const CallContext& call) override;

 private:
  pg::Pool& pool_;
  double prior_weight_;
};

}  // namespace marquee::catalog
