#include "catalog/store/movie_import.h"

#include <algorithm>
#include <pqxx/pqxx>
#include <unordered_set>

#include "catalog/store/stats_lock.h"
#include "pg/array.h"

namespace marquee::catalog {
namespace {

// Movies as the columns of unnest().
struct Columns {
  explicit Columns(std::span<const Movie> movies) {
    for (const Movie& movie : movies) {
      ids.push_back(movie.id);
      titles.push_back(movie.title);
      years.push_back(movie.year);
      imdb_ids.push_back(movie.imdb_id);
      tmdb_ids.push_back(movie.tmdb_id);
      for (std::size_t i = 0; i < movie.genres.size(); ++i) {
        genre_movies.push_back(movie.id);
        genres.push_back(movie.genres[i]);
        places.push_back(static_cast<std::int32_t>(i));
      }
    }
  }
  std::vector<std::int64_t> ids;
  std::vector<std::string> titles;
  std::vector<std::int32_t> years;
  std::vector<std::string> imdb_ids;
  std::vector<std::int64_t> tmdb_ids;
  // One row for each genre of each movie:
  std::vector<std::int64_t> genre_movies;
  std::vector<std::string> genres;
  std::vector<std::int32_t> places;
};

// Of movies whose ids differ.
ImportCounts ImportDistinct(pg::Transaction& tx, std::span<const Movie> movies) {
  const Columns columns(movies);
  // Rows are locked in the order of their ids, so that two imports can't wait for each other.
  const auto written = tx.exec_params(
      R"(INSERT INTO movies AS m (movie_id, title, year, imdb_id, tmdb_id)
         SELECT * FROM unnest($1::bigint[], $2::text[], $3::integer[], $4::text[], $5::bigint[])
           AS input (movie_id, title, year, imdb_id, tmdb_id) ORDER BY movie_id
         ON CONFLICT (movie_id) DO UPDATE
           SET title = excluded.title, year = excluded.year, imdb_id = excluded.imdb_id,
               tmdb_id = excluded.tmdb_id, updated_at = now()
           WHERE (m.title, m.year, m.imdb_id, m.tmdb_id) IS DISTINCT FROM
                 (excluded.title, excluded.year, excluded.imdb_id, excluded.tmdb_id)
         RETURNING movie_id, xmax = 0)",
      pg::Array(columns.ids), pg::Array(columns.titles), pg::Array(columns.years),
      pg::Array(columns.imdb_ids), pg::Array(columns.tmdb_ids));
  std::unordered_set<std::int64_t> inserted, updated;
  for (const auto& row : written) {
    (row[1].as<bool>() ? inserted : updated).insert(row[0].as<std::int64_t>());
  }
  std::vector<Movie> added;
  for (const Movie& movie : movies) {
    if (inserted.contains(movie.id)) added.push_back({.id = movie.id});
  }
  if (!added.empty()) AddedMovies(tx, added);
  std::vector<std::int64_t> only_genres;
  for (const std::int64_t id : ReplaceGenres(tx, movies)) {
    if (!inserted.contains(id) && updated.insert(id).second) only_genres.push_back(id);
  }
  if (!only_genres.empty()) {
    tx.exec_params("UPDATE movies SET updated_at = now() WHERE movie_id = ANY($1::bigint[])",
                   pg::Array(only_genres));
  }
  ImportCounts counts{.inserted = static_cast<std::int64_t>(inserted.size()),
                      .updated = static_cast<std::int64_t>(updated.size())};
  counts.unchanged = static_cast<std::int64_t>(movies.size()) - counts.inserted - counts.updated;
  return counts;
}

}  // namespace

ImportCounts ImportMovies(pg::Transaction& tx, std::span<const Movie> movies) {
  ImportCounts counts;
  // Cut before each repeated id: within a piece the order doesn't matter.
  while (!movies.empty()) {
    std::unordered_set<std::int64_t> seen;
    std::size_t length = 0;
    while (length < movies.size() && seen.insert(movies[length].id).second) ++length;
    const ImportCounts piece = ImportDistinct(tx, movies.first(length));
    counts.inserted += piece.inserted;
    counts.updated += piece.updated;
    counts.unchanged += piece.unchanged;
    movies = movies.subspan(length);
  }
  return counts;
}

void AddedMovies(pg::Transaction& tx, std::span<const Movie> movies) {
  std::vector<std::int64_t> ids;
  for (const Movie& movie : movies) ids.push_back(movie.id);
  std::sort(ids.begin(), ids.end());
  if (ids.size() > 1) LockMovieStats(tx);
  tx.exec_params(
      "INSERT INTO movie_stats (movie_id, catalogued) SELECT unnest($1::bigint[]), true"
      " ON CONFLICT (movie_id) DO UPDATE SET catalogued = true",
      pg::Array(ids));
}

std::vector<std::int64_t> ReplaceGenres(pg::Transaction& tx, std::span<const Movie> movies) {
  const Columns columns(movies);
  const std::string ids = pg::Array(columns.ids), genre_movies = pg::Array(columns.genre_movies),
                    genres = pg::Array(columns.genres), places = pg::Array(columns.places);
  tx.exec_params(
      R"(INSERT INTO genres (name)
         SELECT min(name) FROM unnest($1::text[]) AS input (name)
         WHERE NOT EXISTS (SELECT FROM genres g WHERE lower(g.name) = lower(input.name))
         GROUP BY lower(name) ORDER BY lower(name)
         ON CONFLICT DO NOTHING)",
      genres);
  const auto rows = tx.exec_params(
      R"(WITH wanted AS (
           SELECT movie_id, array_agg(g.genre_id ORDER BY place) AS genres
           FROM unnest($2::bigint[], $3::text[], $4::integer[]) AS input (movie_id, name, place)
           JOIN genres g ON lower(g.name) = lower(input.name) GROUP BY movie_id
         ), stored AS (
           SELECT movie_id, array_agg(genre_id ORDER BY place) AS genres
           FROM movie_genres WHERE movie_id = ANY($1::bigint[]) GROUP BY movie_id
         )
         SELECT movie_id FROM wanted FULL JOIN stored USING (movie_id)
         WHERE wanted.genres IS DISTINCT FROM stored.genres)",
      ids, genre_movies, genres, places);
  std::vector<std::int64_t> changed;
  for (const auto& row : rows) changed.push_back(row[0].as<std::int64_t>());
  if (changed.empty()) return changed;
  tx.exec_params("DELETE FROM movie_genres WHERE movie_id = ANY($1::bigint[])", pg::Array(changed));
  tx.exec_params(
      R"(INSERT INTO movie_genres (movie_id, genre_id, place)
         SELECT movie_id, g.genre_id, place
         FROM unnest($2::bigint[], $3::text[], $4::integer[]) AS input (movie_id, name, place)
         JOIN genres g ON lower(g.name) = lower(input.name)
         WHERE movie_id = ANY($1::bigint[]))",
      pg::Array(changed), genre_movies, genres, places);
  return changed;
}

}  // namespace marquee::catalog
