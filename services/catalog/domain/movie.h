// A movie as the catalogue knows it, and what makes one valid.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace marquee::catalog {

struct Movie {
  std::int64_t id = 0;
  std::string title{};
  int year = 0;  // of release; 0: not known
  std::vector<std::string> genres{};
  std::string imdb_id{};     // "tt0114709"; empty: not known
  std::int64_t tmdb_id = 0;  // 0: not known

  friend bool operator==(const Movie&, const Movie&) = default;
};

// The movie as it may be stored: surrounding blanks removed, repeated genres (in any letter case)
// dropped. InvalidArgument that names the field otherwise. `id` 0 is for the catalogue to choose.
Result<Movie> Checked(Movie movie);

// The fields that an update changes; what is unset stays.
struct MoviePatch {
  std::optional<std::string> title;
  std::optional<int> year;
  std::optional<std::vector<std::string>> genres;
  std::optional<std::string> imdb_id;
  std::optional<std::int64_t> tmdb_id;

  Result<Movie> ApplyTo(Movie movie) const;
};

// What the audience says of a movie, as of the moment it was read.
struct Audience {
  std::int64_t rating_count = 0;
  double mean = 0;           // 0 without ratings
  double bayesian_mean = 0;  // see BayesianMean
};

// The mean shrunk towards `prior_mean`, the mean of all ratings of all movies, as if every movie
// had `prior_weight` ratings of that value: (m·C + sum) / (m + n). `half_stars` is the sum of the
// ratings in half stars, so that it is exact.
double BayesianMean(std::int64_t half_stars, std::int64_t rating_count, double prior_mean,
                    double prior_weight);

// A movie as read: the curators' part, and the audience's.
struct CatalogMovie {
  Movie movie;
  Audience audience;
  bool has_poster = false;
  Time updated_at;
};

}  // namespace marquee::catalog
