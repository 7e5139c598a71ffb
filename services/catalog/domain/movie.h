// A movie as the catalogue knows it. What makes one valid is said in rules/movie.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "rules/movie.h"

namespace marquee::catalog {

using rules::Checked;
using rules::Movie;

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
  double bayesian_mean = 0;  // see rules::BayesianMean
};

// A movie as read: the curators' part, and the audience's.
struct CatalogMovie {
  Movie movie;
  Audience audience;
  bool has_poster = false;
  Time updated_at;
};

}  // namespace marquee::catalog
