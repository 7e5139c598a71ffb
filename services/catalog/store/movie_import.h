// Writing many movies with few statements. Throws the driver's exceptions: inside Pool::Run only.
#pragma once

#include <span>

#include "catalog/domain/ports.h"
#include "pg/pool.h"

namespace marquee::catalog {

// MovieRepository::Import within a transaction.
ImportCounts ImportMovies(pg::Transaction& tx, std::span<const Movie> movies);

// The movies, just inserted, get their place among the statistics, which may hold ratings already;
// ids chosen by the catalogue stay above theirs.
void AddedMovies(pg::Transaction& tx, std::span<const Movie> movies);

// Writes the genres of these movies (with ids that differ) where they differ from what is stored;
// returns the ids of the movies that changed.
std::vector<std::int64_t> ReplaceGenres(pg::Transaction& tx, std::span<const Movie> movies);

}  // namespace marquee::catalog
