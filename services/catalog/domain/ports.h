// What the catalogue needs of its store. Every call takes the moment by which it must be done.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/call_context.h"
#include "base/result.h"
#include "base/uuid.h"
#include "catalog/domain/movie.h"
#include "catalog/domain/poster.h"
#include "catalog/domain/trend.h"
#include "rules/ids.h"

namespace marquee::catalog {

struct MovieFilter {
  std::string query{};  // words of a title; empty: all
  std::string genre{};  // in any letter case; empty: all
  int year_min = 0;     // 0: no bound. A movie whose year isn't known is within no bound.
  int year_max = 0;
};

enum class MovieOrder {
  kMovieId,
  kTitle,
  kYear,
  kYearDescending,
  kRatingCountDescending,
  kBayesianMeanDescending,
  kRelevance,  // only with a query
};

struct MovieListing {
  MovieFilter filter{};
  MovieOrder order = MovieOrder::kMovieId;
  int limit = 20;
  std::vector<std::string> after{};  // the key of the last movie of the page before; empty: begin
};

// How many strings a key of this order has.
std::size_t KeyFields(MovieOrder order);

struct MoviePage {
  std::vector<CatalogMovie> movies{};
  std::vector<std::string> next{};  // key of the last movie; empty when nothing follows
};

struct ImportCounts {
  std::int64_t inserted = 0;
  std::int64_t updated = 0;
  std::int64_t unchanged = 0;
  friend bool operator==(const ImportCounts&, const ImportCounts&) = default;
};

// Own ids begin here, above what imports bring.
inline constexpr std::int64_t kFirstOwnMovieId = rules::kMostImportedId + 1;

class MovieRepository {
 public:
  virtual ~MovieRepository() = default;

  // NotFound "movie_unknown".
  virtual Result<CatalogMovie> Find(std::int64_t id, const CallContext& call) = 0;
  // Stable: while the sort keys stand still, every movie appears once, whatever is added meanwhile.
  virtual Result<MoviePage> List(const MovieListing& listing, const CallContext& call) = 0;
  // Chooses the id when it is 0. AlreadyExists "movie_exists". An `operation` that has created a
  // movie creates no second one: its movie is returned as it is now.
  virtual Result<CatalogMovie> Create(const Movie& movie, const std::optional<Uuid>& operation,
                                      const CallContext& call) = 0;
  virtual Result<CatalogMovie> Update(std::int64_t id, const MoviePatch& patch,
                                      const CallContext& call) = 0;
  virtual Status Delete(std::int64_t id, const CallContext& call) = 0;
  // Inserts or replaces, whole or not at all, one after another: of two with the same id the later
  // stands. A movie that is already so is left alone. What a curator changed is replaced, too: the
  // import is the truth about the movies that it brings.
  virtual Result<ImportCounts> Import(std::span<const Movie> movies, const CallContext& call) = 0;
  virtual Result<std::int64_t> Count(const CallContext& call) = 0;
};

class PosterRepository {
 public:
  virtual ~PosterRepository() = default;
  // NotFound "movie_unknown" or "poster_unknown".
  virtual Result<Poster> Find(std::int64_t movie_id, const CallContext& call) = 0;
  virtual Status Put(std::int64_t movie_id, const Poster& poster, const CallContext& call) = 0;
};

struct GenreCount {
  std::string name;
  std::int64_t movie_count = 0;
};

struct YearRatings {
  int year = 0;
  std::int64_t rating_count = 0;
  double mean = 0;
};

struct GenreMovies {
  std::string genre;
  std::vector<CatalogMovie> movies;  // most rated first
};

struct TrendingMovie {
  CatalogMovie movie;
  Trend trend;
};

// What the ratings say, for whole groups of movies.
class AudienceRepository {
 public:
  virtual ~AudienceRepository() = default;
  // Genres that have movies, by name.
  virtual Result<std::vector<GenreCount>> Genres(const CallContext& call) = 0;
  // Years with ratings, ascending; bounds of 0 are none.
  virtual Result<std::vector<YearRatings>> RatingsByYear(int year_min, int year_max,
                                                         const CallContext& call) = 0;
  // Of one genre, or of each when `genre` is empty, the `count` most rated movies.
  virtual Result<std::vector<GenreMovies>> PopularByGenre(const std::string& genre, int count,
                                                          const CallContext& call) = 0;
  // The `count` movies with the greatest trend, greatest first; none without ratings.
  virtual Result<std::vector<TrendingMovie>> Trending(int count, const CallContext& call) = 0;
};

}  // namespace marquee::catalog
