// The catalogue's use cases.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/call_context.h"
#include "base/clock.h"
#include "base/result.h"
#include "catalog/app/cache.h"
#include "catalog/domain/ports.h"

namespace marquee::catalog {

// Below what the contract's cache_control allows of the analytics.
inline constexpr std::chrono::milliseconds kFreshness{2000};

struct ListRequest {
  MovieFilter filter{};
  std::string order_by{};  // as in the contract; empty: relevance with a query, else movie_id
  int page_size = 0;       // 0: 20; at most 100
  std::string page_token{};
};

struct ListAnswer {
  std::vector<CatalogMovie> movies{};
  std::string next_page_token{};
};

struct RejectedMovie {
  std::size_t row = 0;  // its place in the chunk, from 0
  std::int64_t id = 0;
  Error error{};
};

struct ImportAnswer {
  ImportCounts counts{};
  std::vector<RejectedMovie> rejected{};
};

struct ScoredMovie {
  CatalogMovie movie;
  double score = 0;
};

// Thread-safe if its repositories are.
class Catalog {
 public:
  Catalog(MovieRepository& movies, PosterRepository& posters, AudienceRepository& audience,
          const Clock& clock);

  // InvalidArgument "order_unknown" (order_by), "page_token_invalid" (also when the token belongs
  // to another filter or order), "year_range_empty".
  Result<ListAnswer> List(const ListRequest& request, const CallContext& call);
  Result<CatalogMovie> Get(std::int64_t id, const CallContext& call);
  // A given id is below kFirstOwnMovieId: InvalidArgument "movie_id_out_of_range".
  Result<CatalogMovie> Create(Movie movie, const std::optional<Uuid>& operation,
                              const CallContext& call);
  Result<CatalogMovie> Update(std::int64_t id, const MoviePatch& patch, const CallContext& call);
  Status Delete(std::int64_t id, const CallContext& call);
  // One chunk. What breaks a rule is told and left out; the rest is applied whole or not at all.
  Result<ImportAnswer> Import(std::vector<Movie> movies, const CallContext& call);
  // Every movie by id, 1,000 at a time; stops at the first error of `each`.
  Status Export(const CallContext& call,
                const std::function<Status(const std::vector<CatalogMovie>&)>& each);

  Result<Poster> GetPoster(std::int64_t movie_id, const CallContext& call);
  Status PutPoster(std::int64_t movie_id, std::string bytes, const CallContext& call);

  // The following are the same for everyone and add up all movies: an answer stands for kFreshness.
  Result<std::vector<GenreCount>> Genres(const CallContext& call);
  Result<std::vector<YearRatings>> RatingsByYear(int year_min, int year_max,
                                                 const CallContext& call);
  Result<std::vector<GenreMovies>> PopularByGenre(const std::string& genre, int count,
                                                  const CallContext& call);
  // The score is the decayed number of ratings as of now.
  Result<std::vector<ScoredMovie>> Trending(int count, const CallContext& call);
  // By number of ratings; the filter's query is not looked at.
  Result<std::vector<CatalogMovie>> Popular(MovieFilter filter, int count, const CallContext& call);

 private:
  MovieRepository& movies_;
  PosterRepository& posters_;
  AudienceRepository& audience_;
  const Clock& clock_;
  Cache<std::vector<GenreCount>> genres_;
  Cache<std::vector<YearRatings>> years_;
  Cache<std::vector<GenreMovies>> popular_by_genre_;
  Cache<std::vector<TrendingMovie>> trending_;
  Cache<std::vector<CatalogMovie>> popular_;
};

}  // namespace marquee::catalog
