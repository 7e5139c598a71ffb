// Taking many ratings in through the log, with bounded memory, and answering when all of them are
// acknowledged.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>

#include "base/acknowledgements.h"
#include "rating_ingest/app/ports.h"

namespace marquee::rating_ingest {

struct RatingColumns {  // of equal length
  std::span<const std::int64_t> user_ids;
  std::span<const std::int64_t> movie_ids;
  std::span<const float> values;
  std::span<const std::int64_t> rated_at_seconds;
};

// InvalidArgument that names the first wrong column or row: "values[17]".
Status CheckColumns(const RatingColumns& columns, Time now);

struct BulkSummary {
  std::int64_t accepted = 0;
  Offsets end_offsets =
      {};  // for each partition that was written to, the offset after the last message
};

// One stream of imports. One thread calls it.
class BulkIngest {
 public:
  static constexpr int kMostInFlight = 50'000;  // events that wait for their acknowledgement

  BulkIngest(RatingLog& log, const Clock& clock) : log_(log), clock_(clock) {}
  ~BulkIngest();  // waits for the reports still to come
  BulkIngest(const BulkIngest&) = delete;
  BulkIngest& operator=(const BulkIngest&) = delete;

  // Checks all rows, then appends them; blocks while too much is in flight. What was added before
  // an error stays in the log: an import can be repeated and changes nothing twice.
  Status Add(const RatingColumns& columns, Time deadline);
  Result<BulkSummary> Finish(Time deadline);

 private:
  void Acknowledge(Result<LogPosition> result);
  Status AppendOne(const RatingChange& change, Time deadline);
  // Waits until fewer than `most` are in flight.
  Status WaitBelow(int most, Time deadline);

  RatingLog& log_;
  const Clock& clock_;
  std::atomic<bool> queue_full_ = false;
  std::mutex mutex_;  // the summary's
  BulkSummary summary_;
  Acknowledgements acknowledgements_;
};

}  // namespace marquee::rating_ingest
