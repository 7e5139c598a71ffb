// Search by title: the indexes find candidates, domain/relevance.h judges them.
#pragma once

#include <cstdint>
#include <vector>

#include "catalog/domain/ports.h"
#include "catalog/store/movie_filter.h"
#include "pg/pool.h"

namespace marquee::catalog {

struct FoundMovie {
  std::int64_t movie_id = 0;
  double relevance = 0;
};

// The order of what is found: more relevant first, then by id.
bool Precedes(const FoundMovie& a, const FoundMovie& b);

// At most some hundreds: of very many that match, the most rated. The filter's query isn't empty.
// Throws the driver's exceptions.
std::vector<FoundMovie> SearchMovies(pg::Transaction& tx, const MovieFilter& filter,
                                     const FilterSql& sql);

}  // namespace marquee::catalog
