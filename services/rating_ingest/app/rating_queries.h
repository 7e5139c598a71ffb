// Reading ratings back, one's own writes included.
#pragma once

#include <optional>
#include <string>

#include "rating_ingest/app/applied_positions.h"
#include "rating_ingest/app/ports.h"

namespace marquee::rating_ingest {

struct IngestStatus {
  struct Partition {
    std::int32_t partition = 0;
    std::int64_t end_offset = 0;
    std::int64_t next_offset = 0;
  };
  std::vector<Partition> partitions = {};
  std::int64_t lag = 0;
  Counts counts = {};
};

// `after` holds the positions that the answer must contain; reading waits for them, bounded.
class RatingQueries {
 public:
  static constexpr int kHistoryLimit = 5'000;
  static constexpr int kDefaultPageSize = 50;
  static constexpr int kExportRows = 65'536;

  RatingQueries(RatingReader& reader, RatingLog& log, AppliedPositions& applied)
      : reader_(reader), log_(log), applied_(applied) {}

  // NotFound "rating_unknown" when there is none.
  Result<Rating> Get(std::int64_t user_id, std::int64_t movie_id, const Offsets& after,
                     Time deadline);
  // `page_size` 0 means the default. InvalidArgument "page_token_invalid".
  struct Page {
    std::vector<Rating> ratings = {};
    std::string next_page_token = {};
  };
  Result<Page> List(std::int64_t user_id, int page_size, const std::string& page_token,
                    const Offsets& after, Time deadline);
  Result<History> GetHistory(std::int64_t user_id, const Offsets& after, Time deadline);
  Result<ExportSummary> Export(Time deadline, const std::function<Status(ExportChunk)>& each);
  Result<IngestStatus> ReadStatus(Time deadline);

 private:
  RatingReader& reader_;
  RatingLog& log_;
  AppliedPositions& applied_;
};

}  // namespace marquee::rating_ingest
