#include "catalog/store/movie_filter.h"

#include <pqxx/pqxx>

namespace marquee::catalog {

Result<FilterSql> SqlOfFilter(pg::Transaction& tx, const MovieFilter& filter, Leading leading) {
  FilterSql sql{.tables = leading == Leading::kMovies
                              ? "movies m JOIN movie_stats s USING (movie_id)"
                              : "movie_stats s LEFT JOIN movies m USING (movie_id)",
                .condition =
                    "s.catalogued"
                    " AND ($1::integer = 0 OR m.year >= $1::integer)"
                    " AND ($2::integer = 0 OR m.year BETWEEN 1 AND $2::integer)"};
  if (filter.genre.empty()) {
    sql.condition += " AND $3::bigint = 0";
    return sql;
  }
  const auto rows =
      tx.exec_params("SELECT genre_id FROM genres WHERE lower(name) = lower($1)", filter.genre);
  if (rows.empty()) return Error::NotFound("genre_unknown", "no movie has this genre");
  sql.genre_id = rows[0][0].as<std::int64_t>();
  // A join, not a condition: the planner knows how many movies each genre has.
  sql.tables += " JOIN movie_genres mg ON mg.movie_id = s.movie_id AND mg.genre_id = $3::bigint";
  return sql;
}

}  // namespace marquee::catalog
