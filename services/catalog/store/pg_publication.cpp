#include "catalog/store/pg_publication.h"

#include <pqxx/pqxx>

#include "pg/array.h"

namespace marquee::catalog {
namespace {

int SessionOf(pg::Transaction& tx) { return tx.exec("SELECT pg_backend_pid()")[0][0].as<int>(); }

}  // namespace

Result<std::int64_t> PgPublicationStore::Turn(const CallContext& call) {
  return pool_.Run(
      [this](pg::Transaction& tx) -> Result<std::int64_t> {
        const int session = SessionOf(tx);
        if (session == session_) return turn_;
        session_ = 0;
        if (!tx.exec("SELECT pg_try_advisory_lock(hashtext('movie_outbox'))")[0][0].as<bool>())
          return 0;
        session_ = session;
        return ++turn_;
      },
      {.deadline = call.deadline});
}

Result<std::vector<MovieChange>> PgPublicationStore::Changes(int limit, const CallContext& call) {
  return pool_.ReadOne(
      [&](pg::Transaction& tx) -> Result<std::vector<MovieChange>> {
        pg::Prepare(tx, "movie_changes",
                    "SELECT change_id, movie_id FROM movie_outbox ORDER BY change_id LIMIT $1");
        std::vector<MovieChange> changes;
        for (const auto& row : tx.exec_prepared("movie_changes", limit))
          changes.push_back({row[0].as<std::int64_t>(), row[1].as<std::int64_t>()});
        return changes;
      },
      {.deadline = call.deadline});
}

Status PgPublicationStore::Settle(std::int64_t turn, std::span<const MovieChange> changes,
                                  const CallContext& call) {
  std::vector<std::int64_t> ids;
  for (const auto& change : changes) ids.push_back(change.change_id);
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        if (turn != turn_ || SessionOf(tx) != session_)
          return Error::Aborted("turn_lost", "the connection that held the turn was lost");
        tx.exec_params("DELETE FROM movie_outbox WHERE change_id = ANY($1::bigint[])",
                       pg::Array(ids));
        return {};
      },
      {.deadline = call.deadline});
}

Status PgPublicationStore::Mark(std::span<const std::int64_t> movie_ids, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params("INSERT INTO movie_outbox (movie_id) SELECT unnest($1::bigint[])",
                       pg::Array(movie_ids));
        return {};
      },
      {.deadline = call.deadline});
}

Result<std::vector<movies::MovieRecord>> PgPublicationStore::Read(
    std::span<const std::int64_t> movie_ids, const CallContext& call) {
  return pool_.ReadOne(
      [&](pg::Transaction& tx) -> Result<std::vector<movies::MovieRecord>> {
        const auto rows = tx.exec_params(
            R"(SELECT m.movie_id, m.title, m.year, s.rating_count, s.half_stars,
                 ARRAY(SELECT g.name FROM movie_genres mg JOIN genres g USING (genre_id)
                       WHERE mg.movie_id = m.movie_id ORDER BY mg.place)
               FROM movies m JOIN movie_stats s USING (movie_id)
               WHERE movie_id = ANY($1::bigint[]))",
            pg::Array(movie_ids));
        std::vector<movies::MovieRecord> records;
        records.reserve(static_cast<std::size_t>(rows.size()));
        for (const auto& row : rows) {
          movies::MovieRecord record{.movie_id = row[0].as<std::int64_t>(),
                                     .title = row[1].c_str(),
                                     .year = row[2].as<std::int32_t>(),
                                     .rating_count = row[3].as<std::int64_t>(),
                                     .half_stars = row[4].as<std::int64_t>()};
          ASSIGN_OR_RETURN(record.genres, pg::ParseTextArray(row[5].c_str()));
          records.push_back(std::move(record));
        }
        return records;
      },
      {.deadline = call.deadline});
}

Result<std::vector<std::int64_t>> PgPublicationStore::MovieIds(const CallContext& call) {
  return pool_.ReadOne(
      [](pg::Transaction& tx) -> Result<std::vector<std::int64_t>> {
        std::vector<std::int64_t> ids;
        for (const auto& row : tx.exec("SELECT movie_id FROM movies"))
          ids.push_back(row[0].as<std::int64_t>());
        return ids;
      },
      {.deadline = call.deadline});
}

Result<std::vector<MovieCount>> PgPublicationStore::Counts(const CallContext& call) {
  return pool_.ReadOne(
      [](pg::Transaction& tx) -> Result<std::vector<MovieCount>> {
        const auto rows =
            tx.exec("SELECT movie_id, rating_count, half_stars FROM movie_stats WHERE catalogued");
        std::vector<MovieCount> counts;
        counts.reserve(static_cast<std::size_t>(rows.size()));
        for (const auto& row : rows) {
          counts.push_back(
              {row[0].as<std::int64_t>(), row[1].as<std::int64_t>(), row[2].as<std::int64_t>()});
        }
        return counts;
      },
      {.deadline = call.deadline});
}

Result<movies::Totals> PgPublicationStore::Totals(const CallContext& call) {
  return pool_.ReadOne(
      [](pg::Transaction& tx) -> Result<movies::Totals> {
        const auto row = tx.exec("SELECT rating_count, half_stars FROM rating_totals")[0];
        return movies::Totals{.rating_count = row[0].as<std::int64_t>(),
                              .half_stars = row[1].as<std::int64_t>()};
      },
      {.deadline = call.deadline});
}

Result<std::string> PgPublicationStore::RatingsApplied(const CallContext& call) {
  return pool_.ReadOne(
      [](pg::Transaction& tx) -> Result<std::string> {
        return std::string(tx.exec("SELECT coalesce(string_agg(concat_ws(':', topic, partition,"
                                   " next_offset, other_logs), ',' ORDER BY topic, partition), '')"
                                   " FROM consumer_offsets")[0][0]
                               .c_str());
      },
      {.deadline = call.deadline});
}

}  // namespace marquee::catalog
