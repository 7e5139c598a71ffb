// Reading ratings back, one's own writes included.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/call_context.h"
#include "rating-ingest/app/applied_positions.h"
#include "rating-ingest/app/ports.h"

namespace marquee::rating_ingest {

struct IngestStatus {
  struct Partition {
    std::int64_t end_offset = 0;
    ratings::StoredPosition stored = {};
  };
  std::vector<Partition> partitions = {};
  std::int64_t lag = 0;  // below 0: a partition's log ends before what is applied
  Counts counts = {};
};

// An answer contains what is before the call's positions: reading waits for them, bounded, and
// refuses those that can't be (AppliedPositions).
class RatingQueries {
 public:
  static constexpr int kHistoryLimit = 5'000;  // ratings to compute with; of the rest, ids
  static constexpr int kDefaultPageSize = 50;
  static constexpr int kExportRows = 65'536;

  RatingQueries(RatingReader& reader, RatingLog& log, AppliedPositions& applied)
      : reader_(reader), log_(log), applied_(applied) {}

  // NotFound "rating_unknown" when there is none.
  Result<Rating> Get(std::int64_t user_id, std::int64_t movie_id, const CallContext& call);
  // `page_size` 0 means the default. InvalidArgument "page_token_invalid".
  struct Page {
    std::vector<Rating> ratings = {};
    std::string next_page_token = {};
  };
  Result<Page> List(std::int64_t user_id, int page_size, const std::string& page_token,
                    const CallContext& call);
  Result<History> GetHistory(std::int64_t user_id, const CallContext& call);
  Result<ExportSummary> Export(const CallContext& call,
                               const std::function<Status(ExportChunk)>& each);
  Result<IngestStatus> ReadStatus(const CallContext& call);

 private:
  RatingReader& reader_;
  RatingLog& log_;
  AppliedPositions& applied_;
};

}  // namespace marquee::rating_ingest
