// How a movie is read from the database.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "catalog/domain/movie.h"

namespace pqxx {
class row;
}

namespace marquee::catalog {

// What ReadMovie reads, of `movies m`, `movie_stats s` and `rating_totals t`.
extern const std::string kMovieColumns;
// … and their join: "FROM movies m JOIN …".
extern const std::string kMovieTables;

// `prior_weight` is the Bayesian mean's.
Result<CatalogMovie> ReadMovie(const pqxx::row& row, double prior_weight);

Error UnknownMovie(std::int64_t id);

}  // namespace marquee::catalog
