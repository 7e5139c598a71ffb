// The catalogue's repositories in memory, for tests. They keep the same contract as PostgreSQL's
// (testing/store_contract.cpp), except that a search finds only titles that contain the query.
#pragma once

#include <map>

#include "base/call_context.h"
#include "catalog/domain/ports.h"

namespace marquee::catalog {

class MemoryMovies final : public MovieRepository, public AudienceRepository {
 public:
  explicit MemoryMovies(const Clock& clock) : clock_(clock) {}

  Result<CatalogMovie> Find(std::int64_t id, const CallContext& call) override;
  Result<MoviePage> List(const MovieListing& listing, const CallContext& call) override;
  Result<CatalogMovie> Create(const Movie& movie, const std::optional<Uuid>& operation,
                              const CallContext& call) override;
  Result<CatalogMovie> Update(std::int64_t id, const MoviePatch& patch,
                              const CallContext& call) override;
  Status Delete(std::int64_t id, const CallContext& call) override;
  Result<ImportCounts> Import(std::span<const Movie> movies, const CallContext& call) override;
  Result<std::int64_t> Count(const CallContext& call) override;

  Result<std::vector<GenreCount>> Genres(const CallContext& call) override;
  Result<std::vector<YearRatings>> RatingsByYear(int year_min, int year_max,
                                                 const CallContext& call) override;
  Result<std::vector<GenreMovies>> PopularByGenre(const std::string& genre, int count,
                                                  const CallContext& call) override;
  Result<std::vector<TrendingMovie>> Trending(int count, const CallContext& call) override;

  // What the audience said of a movie that is there.
  void SetAudience(std::int64_t id, Audience audience, Trend trend);

 private:
  friend class MemoryPosters;
  Result<CatalogMovie> Insert(const Movie& movie);

  const Clock& clock_;
  std::map<std::int64_t, CatalogMovie> movies_;
  std::map<std::int64_t, Trend> trends_;
  std::map<std::int64_t, Poster> posters_;
  std::map<Uuid, std::int64_t> operations_;
  std::int64_t next_own_id_ = kFirstOwnMovieId;
};

class MemoryPosters final : public PosterRepository {
 public:
  explicit MemoryPosters(MemoryMovies& movies) : movies_(movies) {}
  Result<Poster> Find(std::int64_t movie_id, const CallContext& call) override;
  Status Put(std::int64_t movie_id, const Poster& poster, const CallContext& call) override;

 private:
  MemoryMovies& movies_;
};

}  // namespace marquee::catalog
