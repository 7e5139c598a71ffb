// The filter of lists and searches as SQL.
#pragma once

#include <string>

#include "base/result.h"
#include "catalog/domain/ports.h"
#include "pg/pool.h"

namespace marquee::catalog {

// Pieces of a statement over `movie_stats s` and `movies m`, written in the source, with the
// parameters $1 year_min, $2 year_max and $3 the genre's id.
struct FilterSql {
  std::string tables;  // "movie_stats s …", with the genre's movies where there is a genre
  std::string condition;
  std::int64_t genre_id = 0;  // $3; 0: any
};

// Which of the two leads: movies, where an index of theirs gives the order, or the statistics; then
// the planner leaves movies out when the filter asks nothing of them.
enum class Leading { kMovies, kStats };

// Looks the genre up: NotFound "genre_unknown" when no movie ever had it. Throws the driver's
// exceptions.
Result<FilterSql> SqlOfFilter(pg::Transaction& tx, const MovieFilter& filter, Leading leading);

}  // namespace marquee::catalog
