#include "catalog/store/pg_audience.h"

#include <pqxx/pqxx>

#include "catalog/store/movie_rows.h"

namespace marquee::catalog {

Result<std::vector<GenreCount>> PgAudienceRepository::Genres(Time deadline) {
  return pool_.Read(
      [](pg::Transaction& tx) -> Result<std::vector<GenreCount>> {
        std::vector<GenreCount> genres;
        for (const auto& row : tx.exec(
                 R"(SELECT g.name, counted.movies
                    FROM (SELECT genre_id, count(*) AS movies FROM movie_genres GROUP BY genre_id)
                      AS counted JOIN genres g USING (genre_id) ORDER BY g.name COLLATE "C")")) {
          genres.push_back({row[0].c_str(), row[1].as<std::int64_t>()});
        }
        return genres;
      },
      {.deadline = deadline});
}

Result<std::vector<YearRatings>> PgAudienceRepository::RatingsByYear(int year_min, int year_max,
                                                                     Time deadline) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<std::vector<YearRatings>> {
        const auto rows = tx.exec_params(
            R"(SELECT m.year, sum(s.rating_count)::bigint,
                      sum(s.half_stars)::float8 / 2 / sum(s.rating_count)::float8
               FROM movie_stats s JOIN movies m USING (movie_id)
               WHERE s.rating_count > 0 AND m.year > 0 AND m.year >= $1::integer
                 AND ($2::integer = 0 OR m.year <= $2::integer)
               GROUP BY m.year ORDER BY m.year)",
            year_min, year_max);
        std::vector<YearRatings> years;
        for (const auto& row : rows) {
          years.push_back({row[0].as<int>(), row[1].as<std::int64_t>(), row[2].as<double>()});
        }
        return years;
      },
      {.deadline = deadline});
}

Result<std::vector<GenreMovies>> PgAudienceRepository::PopularByGenre(const std::string& genre,
                                                                      int count, Time deadline) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<std::vector<GenreMovies>> {
        const auto rows = tx.exec_params(
            R"(WITH page AS MATERIALIZED (
                 SELECT g.name AS genre, best.movie_id, best.rating_count
                 FROM genres g CROSS JOIN LATERAL (
                   SELECT s.movie_id, s.rating_count
                   FROM movie_genres mg JOIN movie_stats s USING (movie_id)
                   WHERE mg.genre_id = g.genre_id
                   ORDER BY s.rating_count DESC, s.movie_id DESC LIMIT $2::integer) AS best
                 WHERE $1::text = '' OR lower(g.name) = lower($1::text))
               SELECT page.genre AS genre_name, )" +
                kMovieColumns + R"(
               FROM page JOIN movies m USING (movie_id) JOIN movie_stats s USING (movie_id)
               CROSS JOIN rating_totals t
               ORDER BY page.genre COLLATE "C", page.rating_count DESC, page.movie_id DESC)",
            genre, count);
        std::vector<GenreMovies> genres;
        for (const auto& row : rows) {
          const std::string name = row["genre_name"].c_str();
          if (genres.empty() || genres.back().genre != name) genres.push_back({name, {}});
          ASSIGN_OR_RETURN(auto movie, ReadMovie(row, prior_weight_));
          genres.back().movies.push_back(std::move(movie));
        }
        return genres;
      },
      {.deadline = deadline});
}

Result<std::vector<TrendingMovie>> PgAudienceRepository::Trending(int count, Time deadline) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<std::vector<TrendingMovie>> {
        const auto rows = tx.exec_params(
            R"(WITH page AS MATERIALIZED (
                 SELECT s.movie_id, s.trend_log2 FROM movie_stats s JOIN movies USING (movie_id)
                 WHERE s.trend_log2 > '-Infinity'
                 ORDER BY s.trend_log2 DESC, s.movie_id DESC LIMIT $1::integer)
               SELECT page.trend_log2, )" +
                kMovieColumns + R"(
               FROM page JOIN movies m USING (movie_id) JOIN movie_stats s USING (movie_id)
               CROSS JOIN rating_totals t ORDER BY page.trend_log2 DESC, page.movie_id DESC)",
            count);
        std::vector<TrendingMovie> trending;
        for (const auto& row : rows) {
          ASSIGN_OR_RETURN(auto movie, ReadMovie(row, prior_weight_));
          trending.push_back({std::move(movie), Trend(row["trend_log2"].as<double>())});
        }
        return trending;
      },
      {.deadline = deadline});
}

}  // namespace marquee::catalog
