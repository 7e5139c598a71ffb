#include "catalog/store/pg_movies.h"

#include <algorithm>
#include <pqxx/pqxx>

#include "catalog/store/movie_import.h"
#include "catalog/store/movie_listing.h"
#include "catalog/store/movie_rows.h"
#include "logging/log.h"

namespace marquee::catalog {
namespace {

constexpr std::int64_t kAnalyzeAfter = 1'000;  // movies

Result<CatalogMovie> FindIn(pg::Transaction& tx, std::int64_t id, double prior_weight) {
  static const std::string kSql =
      "SELECT " + kMovieColumns + kMovieTables + " WHERE m.movie_id = $1";
  pg::Prepare(tx, "find_movie", kSql);
  const auto rows = tx.exec_prepared("find_movie", id);
  if (rows.empty()) return UnknownMovie(id);
  return ReadMovie(rows[0], prior_weight);
}

}  // namespace

Result<CatalogMovie> PgMovieRepository::Find(std::int64_t id, const CallContext& call) {
  return pool_.ReadOne([&](pg::Transaction& tx) { return FindIn(tx, id, prior_weight_); },
                       {.deadline = call.deadline});
}

Result<MoviePage> PgMovieRepository::List(const MovieListing& listing, const CallContext& call) {
  return pool_.Read([&](pg::Transaction& tx) { return ListMovies(tx, listing, prior_weight_); },
                    {.deadline = call.deadline});
}

Result<CatalogMovie> PgMovieRepository::Create(const Movie& movie,
                                               const std::optional<Uuid>& operation,
                                               const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<CatalogMovie> {
        if (operation) {
          const auto before = tx.exec_params("SELECT movie_id FROM movies WHERE operation_id = $1",
                                             operation->ToString());
          if (!before.empty()) return FindIn(tx, before[0][0].as<std::int64_t>(), prior_weight_);
        }
        Movie created = movie;
        if (created.id == 0) {
          created.id = tx.exec("SELECT nextval('own_movie_ids')")[0][0].as<std::int64_t>();
        }
        const auto inserted = tx.exec_params(
            "INSERT INTO movies (movie_id, title, year, imdb_id, tmdb_id, operation_id)"
            " VALUES ($1, $2, $3, $4, $5, $6::uuid) ON CONFLICT (movie_id) DO NOTHING",
            created.id, created.title, created.year, created.imdb_id, created.tmdb_id,
            operation ? std::optional(operation->ToString()) : std::nullopt);
        if (inserted.affected_rows() == 0) {
          return Error::AlreadyExists("movie_exists",
                                      "there is a movie " + std::to_string(created.id) + " already",
                                      "movie.movie_id");
        }
        AddedMovies(tx, {&created, 1});
        ReplaceGenres(tx, {&created, 1});
        return FindIn(tx, created.id, prior_weight_);
      },
      {.deadline = call.deadline});
}

Result<CatalogMovie> PgMovieRepository::Update(std::int64_t id, const MoviePatch& patch,
                                               const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<CatalogMovie> {
        tx.exec_params("SELECT FROM movies WHERE movie_id = $1 FOR UPDATE", id);
        ASSIGN_OR_RETURN(const auto before, FindIn(tx, id, prior_weight_));
        ASSIGN_OR_RETURN(const Movie after, patch.ApplyTo(before.movie));
        if (after == before.movie) return before;
        tx.exec_params(
            "UPDATE movies SET title = $2, year = $3, imdb_id = $4, tmdb_id = $5,"
            " updated_at = now() WHERE movie_id = $1",
            id, after.title, after.year, after.imdb_id, after.tmdb_id);
        ReplaceGenres(tx, {&after, 1});
        return FindIn(tx, id, prior_weight_);
      },
      {.deadline = call.deadline});
}

Status PgMovieRepository::Delete(std::int64_t id, const CallContext& call) {
  // The ratings, and what is counted of them, stay: they are there when the movie comes back.
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        const auto deleted = tx.exec_params("DELETE FROM movies WHERE movie_id = $1", id);
        if (deleted.affected_rows() == 0) return UnknownMovie(id);
        tx.exec_params("UPDATE movie_stats SET catalogued = false WHERE movie_id = $1", id);
        return {};
      },
      {.deadline = call.deadline});
}

Result<ImportCounts> PgMovieRepository::Import(std::span<const Movie> movies,
                                               const CallContext& call) {
  auto counts = pool_.Run(
      [&](pg::Transaction& tx) -> Result<ImportCounts> { return ImportMovies(tx, movies); },
      {.deadline = call.deadline, .statement_timeout = std::chrono::minutes(1)});
  if (counts.ok()) AnalyzeAfter(*counts, call);
  return counts;
}

// While a catalogue is filled, lists would be planned as if it were empty until PostgreSQL's own
// autovacuum comes.
void PgMovieRepository::AnalyzeAfter(const ImportCounts& counts, const CallContext& call) {
  const std::int64_t imported = imported_ += counts.inserted + counts.updated;
  std::int64_t analyzed = analyzed_;
  if (imported - analyzed < std::max(kAnalyzeAfter, analyzed)) return;
  if (!analyzed_.compare_exchange_strong(analyzed, imported)) return;  // somebody else does it
  const Status done = pool_.Run(
      [](pg::Transaction& tx) -> Status {
        tx.exec("ANALYZE movies, genres, movie_genres, movie_stats");
        return {};
      },
      {.deadline = call.deadline});
  if (!done.ok())
    logging::Warning("statistics not made anew", {{"error", done.error().ToString()}});
}

Result<std::int64_t> PgMovieRepository::Count(const CallContext& call) {
  return pool_.ReadOne(
      [](pg::Transaction& tx) -> Result<std::int64_t> {
        return tx.exec("SELECT count(*) FROM movies")[0][0].as<std::int64_t>();
      },
      {.deadline = call.deadline});
}

}  // namespace marquee::catalog
