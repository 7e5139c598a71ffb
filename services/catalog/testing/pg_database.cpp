#include "catalog/testing/pg_database.h"

#include "config/config.h"
#include "pg/testing.h"

namespace marquee::catalog {
namespace {

const pg::TestDatabase& Database() {
  static const auto* const database = [] {
    static pg::TestDatabase made;
    made.Migrate("services/catalog/migrations");
    return &made;
  }();
  return *database;
}

}  // namespace

bool HasPostgres() {
  return config::SystemEnvironment().Get("MARQUEE_TEST_POSTGRES_URI").has_value();
}

std::string DatabaseUri() { return Database().uri(); }

void EmptyDatabase() {
  Database().Execute(
      "TRUNCATE movies, genres, movie_genres, posters, consumer_offsets, ratings, applied_events, "
      "erased_users,"
      " movie_stats, movie_outbox RESTART IDENTITY;"
      "UPDATE rating_totals SET rating_count = 0, half_stars = 0;"
      "ALTER SEQUENCE own_movie_ids RESTART");
}

void ExecuteInDatabase(const std::string& sql) { Database().Execute(sql); }

void KillConnections() { Database().KillConnections(); }

}  // namespace marquee::catalog
