// What the use cases need of the world.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/call_context.h"
#include "base/result.h"
#include "rating-ingest/domain/rating.h"
#include "ratings/rating_rule.h"
#include "ratings/stored_position.h"

namespace marquee::rating_ingest {

using ratings::RatingChange;

// The durable log. An acknowledgement, the place right after the event, means that it is on every
// in-sync replica.
class RatingLog {
 public:
  using Acknowledged = std::function<void(Result<LogPosition>)>;
  virtual ~RatingLog() = default;
  virtual Result<LogPosition> Append(const RatingChange& change, const CallContext& call) = 0;
  // `acknowledged` is called exactly once, from another thread or this one, and must not block.
  // Unavailable "kafka_queue_full" means that nothing was sent and that waiting helps.
  virtual void AppendAsync(const RatingChange& change, Acknowledged acknowledged) = 0;
  virtual Result<std::int32_t> PartitionOf(std::int64_t user_id, const CallContext& call) = 0;
  virtual Result<Offsets> EndOffsets(const CallContext& call) = 0;
  // NotFound "partition_unknown".
  virtual Result<std::int64_t> EndOffset(std::int32_t partition, const CallContext& call) = 0;
};

class InteractionLog {
 public:
  virtual ~InteractionLog() = default;
  // All of them, or an error; then some may be there. `ids` are the events' ids, one each.
  virtual Status AppendInteractions(std::int64_t user_id,
                                    const std::vector<Interaction>& interactions,
                                    const std::vector<Uuid>& ids, const CallContext& call) = 0;
};

// What the log of interactions still has of a person.
class InteractionReader {
 public:
  struct Page {
    std::vector<Interaction> interactions = {};
    std::int64_t next = 0;  // where to go on; 0: there is no more
  };
  virtual ~InteractionReader() = default;
  // Looks through some of the log, from a place that it said itself, or from its beginning (0).
  virtual Result<Page> Read(std::int64_t user_id, std::int64_t from, const CallContext& call) = 0;
};

class MovieCatalog {
 public:
  virtual ~MovieCatalog() = default;
  virtual Result<bool> Exists(std::int64_t movie_id, const CallContext& call) = 0;
};

// Reads what the writer has stored.
class RatingReader {
 public:
  virtual ~RatingReader() = default;
  virtual Result<std::optional<Rating>> Find(std::int64_t user_id, std::int64_t movie_id,
                                             const CallContext& call) = 0;
  virtual Result<RatingPage> List(std::int64_t user_id, std::optional<RatingKey> after, int limit,
                                  const CallContext& call) = 0;
  // What is kept of a person, taken back or not, by movie: those with ids above `after`.
  virtual Result<std::vector<KeptRating>> ListKept(std::int64_t user_id, std::int64_t after,
                                                   int limit, const CallContext& call) = 0;
  // The latest `limit` ratings and the partition's position, of one snapshot.
  virtual Result<History> ReadHistory(std::int64_t user_id, std::int32_t partition, int limit,
                                      const CallContext& call) = 0;
  // Every current rating, in chunks, of one snapshot. The first error of `each` ends it.
  virtual Result<ExportSummary> Export(int chunk_rows, const CallContext& call,
                                       const std::function<Status(ExportChunk)>& each) = 0;
  virtual Result<ratings::StoredPositions> Positions(const CallContext& call) = 0;
  virtual Result<Counts> Count(const CallContext& call) = 0;
};

}  // namespace marquee::rating_ingest
