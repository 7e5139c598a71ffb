#include "catalog/store/movie_rows.h"

#include <pqxx/pqxx>

#include "pg/array.h"
#include "rules/rating.h"

namespace marquee::catalog {

const std::string kMovieColumns = R"(
  m.movie_id, m.title, m.year, m.imdb_id, m.tmdb_id,
  ARRAY(SELECT g.name FROM movie_genres mg JOIN genres g USING (genre_id)
        WHERE mg.movie_id = m.movie_id ORDER BY mg.place) AS genres,
  s.rating_count, s.half_stars, t.rating_count AS total_count, t.half_stars AS total_half_stars,
  EXISTS (SELECT FROM posters p WHERE p.movie_id = m.movie_id) AS has_poster,
  (extract(epoch FROM m.updated_at) * 1000000)::bigint AS updated_at_us)";

const std::string kMovieTables = R"(
  FROM movies m JOIN movie_stats s USING (movie_id) CROSS JOIN rating_totals t)";

Result<CatalogMovie> ReadMovie(const pqxx::row& row, double prior_weight) {
  CatalogMovie read;
  read.movie.id = row["movie_id"].as<std::int64_t>();
  read.movie.title = row["title"].c_str();
  read.movie.year = row["year"].as<int>();
  read.movie.imdb_id = row["imdb_id"].c_str();
  read.movie.tmdb_id = row["tmdb_id"].as<std::int64_t>();
  ASSIGN_OR_RETURN(read.movie.genres, pg::ParseTextArray(row["genres"].c_str()));
  const auto count = row["rating_count"].as<std::int64_t>();
  const auto half_stars = row["half_stars"].as<std::int64_t>();
  const auto all = static_cast<double>(row["total_count"].as<std::int64_t>());
  const auto all_half_stars = static_cast<double>(row["total_half_stars"].as<std::int64_t>());
  read.audience.rating_count = count;
  read.audience.mean =
      count > 0 ? static_cast<double>(half_stars) / 2 / static_cast<double>(count) : 0;
  read.audience.bayesian_mean =
      rules::BayesianMean(half_stars, count, all > 0 ? all_half_stars / 2 / all : 0, prior_weight);
  read.has_poster = row["has_poster"].as<bool>();
  read.updated_at = Time(std::chrono::microseconds(row["updated_at_us"].as<std::int64_t>()));
  return read;
}

Error UnknownMovie(std::int64_t id) {
  return Error::NotFound("movie_unknown", "there is no movie " + std::to_string(id));
}

}  // namespace marquee::catalog
