#include "rating-ingest/store/pg_rating_reader.h"

#include <charconv>
#include <pqxx/pqxx>

#include "pg/bulk.h"
#include "ratings/stored_positions.h"

namespace marquee::rating_ingest {
namespace {

constexpr std::chrono::seconds kChunkTimeout{60};

Rating ToRating(const pqxx::row& row) {
  return {.movie_id = row[0].as<std::int64_t>(),
          .value = row[1].as<float>(),
          .rated_at_us = row[2].as<std::int64_t>()};
}

// pqxx's own conversions take locale-aware streams for floats; an export has tens of millions of
// fields.
template <typename T>
T Number(const pqxx::field& field) {
  T value{};
  const char* text = field.c_str();
  std::from_chars(text, text + field.size(), value);
  return value;
}

}  // namespace

Result<std::optional<Rating>> PgRatingReader::Find(std::int64_t user_id, std::int64_t movie_id,
                                                   const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<std::optional<Rating>> {
        const auto rows = tx.exec_params(
            "SELECT movie_id, value, (extract(epoch FROM rated_at) * 1000000)::bigint FROM ratings"
            " WHERE user_id = $1 AND movie_id = $2 AND value IS NOT NULL",
            user_id, movie_id);
        if (rows.empty()) return std::optional<Rating>();
        return std::optional(ToRating(rows[0]));
      },
      {.deadline = call.deadline});
}

Result<RatingPage> PgRatingReader::List(std::int64_t user_id, std::optional<RatingKey> after,
                                        int limit, const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<RatingPage> {
        constexpr const char* kFirst =
            "SELECT movie_id, value, (extract(epoch FROM rated_at) * 1000000)::bigint FROM ratings"
            " WHERE user_id = $1 AND value IS NOT NULL ORDER BY rated_at DESC, movie_id DESC LIMIT "
            "$2";
        constexpr const char* kNext =
            "SELECT movie_id, value, (extract(epoch FROM rated_at) * 1000000)::bigint FROM ratings"
            " WHERE user_id = $1 AND value IS NOT NULL"
            " AND (rated_at, movie_id) < (timestamptz 'epoch' + $3 * interval '1 microsecond', $4)"
            " ORDER BY rated_at DESC, movie_id DESC LIMIT $2";
        // One more than asked for tells whether there is a next page.
        const auto rows =
            after ? tx.exec_params(kNext, user_id, limit + 1, after->rated_at_us, after->movie_id)
                  : tx.exec_params(kFirst, user_id, limit + 1);
        RatingPage page;
        for (const auto& row : rows) {
          if (static_cast<int>(page.ratings.size()) == limit) {
            page.next = RatingKey{page.ratings.back().rated_at_us, page.ratings.back().movie_id};
            break;
          }
          page.ratings.push_back(ToRating(row));
        }
        return page;
      },
      {.deadline = call.deadline});
}

Result<std::vector<KeptRating>> PgRatingReader::ListKept(std::int64_t user_id, std::int64_t after,
                                                         int limit, const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<std::vector<KeptRating>> {
        std::vector<KeptRating> kept;
        for (const auto& row : tx.exec_params(
                 "SELECT movie_id, value, (extract(epoch FROM rated_at) * 1000000)::bigint"
                 " FROM ratings WHERE user_id = $1 AND movie_id > $2 ORDER BY movie_id LIMIT $3",
                 user_id, after, limit)) {
          auto& one = kept.emplace_back();
          one.movie_id = row[0].as<std::int64_t>();
          if (!row[1].is_null()) one.value = row[1].as<float>();
          one.rated_at_us = row[2].as<std::int64_t>();
        }
        return kept;
      },
      {.deadline = call.deadline});
}

Result<History> PgRatingReader::ReadHistory(std::int64_t user_id, std::int32_t partition, int limit,
                                            const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<History> {
        History history{.position = {.partition = partition}};
        const auto rows = tx.exec_params(
            "SELECT movie_id, value, (extract(epoch FROM rated_at) * 1000000)::bigint FROM ratings"
            " WHERE user_id = $1 AND value IS NOT NULL ORDER BY rated_at DESC, movie_id DESC LIMIT "
            "$2",
            user_id, limit);
        history.ratings.reserve(rows.size());
        for (const auto& row : rows) history.ratings.push_back(ToRating(row));
        if (static_cast<int>(rows.size()) == limit) {
          const auto older = tx.exec_params(
              "SELECT movie_id FROM ratings WHERE user_id = $1 AND value IS NOT NULL"
              " ORDER BY rated_at DESC, movie_id DESC OFFSET $2",
              user_id, limit);
          history.older_movie_ids.reserve(older.size());
          for (const auto& row : older)
            history.older_movie_ids.push_back(Number<std::int64_t>(row[0]));
        }
        const auto stored = ratings::ReadPositions(tx, topic_);
        if (const auto found = stored.find(partition); found != stored.end())
          history.position = found->second.position;
        return history;
      },
      {.deadline = call.deadline, .isolation = pg::Isolation::kRepeatableRead});
}

Result<ExportSummary> PgRatingReader::Export(int chunk_rows, const CallContext& call,
                                             const std::function<Status(ExportChunk)>& each) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<ExportSummary> {
        ExportSummary summary;
        for (const auto& [partition, stored] : ratings::ReadPositions(tx, topic_))
          summary.next_offsets[partition] = stored.position.next_offset;
        RETURN_IF_ERROR(pg::ForEachChunk(
            tx,
            "SELECT user_id, movie_id, value, floor(extract(epoch FROM rated_at))::bigint"
            " FROM ratings WHERE value IS NOT NULL",
            chunk_rows, [&](const pqxx::result& rows) -> Status {
              ExportChunk chunk;
              chunk.user_ids.reserve(rows.size());
              chunk.movie_ids.reserve(rows.size());
              chunk.values.reserve(rows.size());
              chunk.rated_at_seconds.reserve(rows.size());
              for (const auto& row : rows) {
                chunk.user_ids.push_back(Number<std::int64_t>(row[0]));
                chunk.movie_ids.push_back(Number<std::int64_t>(row[1]));
                chunk.values.push_back(Number<float>(row[2]));
                chunk.rated_at_seconds.push_back(Number<std::int64_t>(row[3]));
              }
              summary.row_count += static_cast<std::int64_t>(rows.size());
              return each(std::move(chunk));
            }));
        return summary;
      },
      {.deadline = call.deadline,
       .isolation = pg::Isolation::kRepeatableRead,
       .statement_timeout = kChunkTimeout});
}

Result<ratings::StoredPositions> PgRatingReader::Positions(const CallContext& call) {
  return pool_.Read(
      [this](pg::Transaction& tx) -> Result<ratings::StoredPositions> {
        return ratings::ReadPositions(tx, topic_);
      },
      {.deadline = call.deadline});
}

Result<Counts> PgRatingReader::Count(const CallContext& call) {
  return pool_.Read(
      [](pg::Transaction& tx) -> Result<Counts> {
        const auto rows = tx.exec(
            "SELECT (SELECT count(*) FROM ratings WHERE value IS NOT NULL),"
            " (SELECT coalesce(sum(count), 0) FROM dead_letter_counts)");
        return Counts{rows[0][0].as<std::int64_t>(), rows[0][1].as<std::int64_t>()};
      },
      {.deadline = call.deadline});
}

}  // namespace marquee::rating_ingest
