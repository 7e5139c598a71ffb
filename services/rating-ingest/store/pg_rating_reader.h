// RatingReader on PostgreSQL.
#pragma once

#include "base/call_context.h"
#include "pg/pool.h"
#include "rating-ingest/app/ports.h"
#include "ratings/topics.h"

namespace marquee::rating_ingest {

class PgRatingReader final : public RatingReader {
 public:
  explicit PgRatingReader(pg::Pool& pool, std::string topic = std::string(ratings::kRatingsTopic))
      : pool_(pool), topic_(std::move(topic)) {}

  Result<std::optional<Rating>> Find(std::int64_t user_id, std::int64_t movie_id,
                                     const CallContext& call) override;
  Result<RatingPage> List(std::int64_t user_id, std::optional<RatingKey> after, int limit,
                          const CallContext& call) override;
  Result<std::vector<KeptRating>> ListKept(std::int64_t user_id, std::int64_t after, int limit,
                                           const CallContext& call) override;
  Result<History> ReadHistory(std::int64_t user_id, std::int32_t partition, int limit,
                              const CallContext& call) override;
  Result<ExportSummary> Export(int chunk_rows, const CallContext& call,
                               const std::function<Status(ExportChunk)>& each) override;
  Result<ratings::StoredPositions> Positions(const CallContext& call) override;
  Result<Counts> Count(const CallContext& call) override;

 private:
  pg::Pool& pool_;
  const std::string topic_;  // whose offsets are meant
};

}  // namespace marquee::rating_ingest
