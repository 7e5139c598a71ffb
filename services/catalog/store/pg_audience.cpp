#include "catalog/store/pg_audience.h"

#include <pqxx/pqxx>

#include "catalog/store/movie_rows.h"

namespace marquee::catalog {

Result<std::vector<GenreCount>> PgAudienceRepository::Genres(const CallContext& call) {
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
      {.deadline = call.deadline});
}

Result<std::vector<YearRatings>> PgAudienceRepository::RatingsByYear(int year_min, int year_max,
                                                                     const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<std::vector<YearRatings>> {
        const auto rows = tx.exec_params(
            R"(SELECT m.year, sum(s.rating_count)::bigint,
                      sum(s.half_stars)::float8 / 2 / sum(s.rating_count)::float8
               FROM movie_stats s JOIN movies m USING (movie_id)
               WHERE s.catalogued AND s.rating_count > 0 AND m.year > 0 AND m.year >= $1::integer
                 AND ($2::integer = 0 OR m.year <= $2::integer)
               GROUP BY m.year ORDER BY m.year)",
            year_min, year_max);
        std::vector<YearRatings> years;
        for (const auto& row : rows) {
          years.push_back({row[0].as<int>(), row[1].as<std::int64_t>(), row[2].as<double>()});
        }
        return years;
      },
      {.deadline = call.deadline});
}

Result<std::vector<GenreMovies>> PgAudienceRepository::PopularByGenre(const std::string& genre,
                                                                      int count,
                                                                      const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<std::vector<GenreMovies>> {
        const auto rows = tx.exec_params(
            // The most rated movies of all fill most genres; only the others are looked through.
            R"(WITH wanted AS MATERIALIZED (
                 SELECT genre_id FROM genres WHERE $1::text = '' OR lower(name) = lower($1::text)
               ), top AS MATERIALIZED (
                 SELECT movie_id, rating_count FROM movie_stats WHERE catalogued
                 ORDER BY rating_count DESC, movie_id DESC LIMIT 3000
               ), ranked AS MATERIALIZED (
                 SELECT genre_id, movie_id, row_number() OVER (
                   PARTITION BY genre_id ORDER BY rating_count DESC, movie_id DESC) AS place
                 FROM top JOIN movie_genres USING (movie_id) JOIN wanted USING (genre_id)
               ), filled AS MATERIALIZED (
                 SELECT genre_id FROM ranked WHERE place = $2::integer
               ), page AS MATERIALIZED (
                 SELECT genre_id, movie_id, place FROM ranked JOIN filled USING (genre_id)
                 WHERE place <= $2::integer
                 UNION ALL
                 SELECT w.genre_id, best.movie_id, best.place
                 FROM wanted w CROSS JOIN LATERAL (
                   SELECT movie_id, row_number() OVER (
                     ORDER BY s.rating_count DESC, s.movie_id DESC) AS place
                   FROM movie_genres mg JOIN movie_stats s USING (movie_id)
                   WHERE mg.genre_id = w.genre_id ORDER BY place LIMIT $2::integer) AS best
                 WHERE w.genre_id NOT IN (SELECT genre_id FROM filled))
               SELECT g.name AS genre_name, )" +
                kMovieColumns + R"(
               FROM page JOIN genres g USING (genre_id) JOIN movies m USING (movie_id)
               JOIN movie_stats s USING (movie_id) CROSS JOIN rating_totals t
               ORDER BY g.name COLLATE "C", page.place)",
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
      {.deadline = call.deadline});
}

Result<std::vector<TrendingMovie>> PgAudienceRepository::Trending(int count,
                                                                  const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<std::vector<TrendingMovie>> {
        const auto rows = tx.exec_params(
            R"(WITH page AS MATERIALIZED (
                 SELECT s.movie_id, s.trend_log2 FROM movie_stats s
                 WHERE s.catalogued AND s.trend_log2 > '-Infinity'
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
      {.deadline = call.deadline});
}

}  // namespace marquee::catalog
