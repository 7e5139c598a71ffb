// Taking many ratings in through the log, with bounded memory, and answering when all of them are
// acknowledged.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "base/acknowledgements.h"
#include "base/call_context.h"
#include "rating-ingest/app/ports.h"

namespace marquee::rating_ingest {

struct RatingColumns {  // of equal length
  std::span<const std::int64_t> user_ids;
  std::span<const std::int64_t> movie_ids;
  std::span<const float> values;
  std::span<const std::int64_t> rated_at_seconds;
};

struct RejectedRating {
  std::int64_t row = 0;  // its place in the stream, from 0
  Error error = {};
};

struct BulkSummary {
  static constexpr std::size_t kMostListed = 1'000;

  std::int64_t accepted = 0;
  std::int64_t rejected_count = 0;
  std::vector<RejectedRating> rejected = {};  // the first kMostListed
  Offsets end_offsets =
      {};  // for each partition that was written to, the offset after the last message
};

// One stream of imports. One thread calls it.
class BulkIngest {
 public:
  static constexpr int kMostInFlight = 50'000;      // events that wait for their acknowledgement
  static constexpr std::size_t kPaceEvery = 2'000;  // rows of a chunk
  // Holds the stream up after each so many rows, given what the log has of it: people share the
  // processor and Kafka with an import, and to be taken in faster than it is applied ends it no
  // sooner.
  using Pace = std::function<void(const Offsets& ends)>;

  BulkIngest(RatingLog& log, const Clock& clock, Pace pace = {})
      : log_(log), clock_(clock), pace_(std::move(pace)) {}
  ~BulkIngest();  // waits for the reports still to come
  BulkIngest(const BulkIngest&) = delete;
  BulkIngest& operator=(const BulkIngest&) = delete;

  // Appends the rows that keep the rules of an import, and notes the others; blocks while too much
  // is in flight. InvalidArgument "columns_differ". What was added before an error stays in the
  // log: an import can be repeated and changes nothing twice.
  Status Add(const RatingColumns& columns, const CallContext& call);
  Result<BulkSummary> Finish(const CallContext& call);

 private:
  void KeepPace();
  void Reject(std::size_t row_of_chunk, Error error);
  void Acknowledge(Result<LogPosition> result);
  Status AppendOne(const RatingChange& change, const CallContext& call);
  // Waits until fewer than `most` are in flight.
  Status WaitBelow(int most, const CallContext& call);

  RatingLog& log_;
  const Clock& clock_;
  const Pace pace_;
  std::int64_t rows_before_ = 0;  // of the chunks before this one
  std::atomic<bool> queue_full_ = false;
  std::mutex mutex_;  // the summary's
  BulkSummary summary_;
  Acknowledgements acknowledgements_;
};

}  // namespace marquee::rating_ingest
