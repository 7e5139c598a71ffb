// RatingReader on PostgreSQL.
#pragma once

#include "pg/pool.h"
#include "rating-ingest/app/ports.h"
#include "ratings/topics.h"

namespace marquee::rating_ingest {

class PgRatingReader final : public RatingReader {
 public:
  explicit PgRatingReader(pg::Pool& pool, std::string topic = std::string(ratings::kRatingsTopic))
      : pool_(pool), topic_(std::move(topic)) {}

  Result<std::optional<Rating>> Find(std::int64_t user_id, std::int64_t movie_id,
                                     Time deadline) override;
  Result<RatingPage> List(std::int64_t user_id, std::optional<RatingKey> after, int limit,
                          Time deadline) override;
  Result<History> ReadHistory(std::int64_t user_id, std::int32_t partition, int limit,
                              Time deadline) override;
  Result<ExportSummary> Export(int chunk_rows, Time deadline,
                               const std::function<Status(ExportChunk)>& each) override;
  Result<ratings::StoredPositions> Positions(Time deadline) override;
  Result<Counts> Count(Time deadline) override;

 private:
  pg::Pool& pool_;
  const std::string topic_;  // whose offsets are meant
};

}  // namespace marquee::rating_ingest
