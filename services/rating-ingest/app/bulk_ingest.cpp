#include "rating-ingest/app/bulk_ingest.h"

#include <algorithm>
#include <chrono>

#include "rules/rating.h"

namespace marquee::rating_ingest {
namespace {

Error TooSlow() {
  return Error::Unavailable("kafka_unavailable",
                            "the event log didn't take the ratings in time; try again");
}

Status CheckLengths(const RatingColumns& columns) {
  const std::size_t rows = columns.user_ids.size();
  const auto same = [rows](std::size_t size, const char* column) -> Status {
    if (size == rows) return {};
    return Error::InvalidArgument("columns_differ", "all columns must have the same length",
                                  column);
  };
  RETURN_IF_ERROR(same(columns.movie_ids.size(), "movie_ids"));
  RETURN_IF_ERROR(same(columns.values.size(), "values"));
  return same(columns.rated_at_seconds.size(), "rated_at_seconds");
}

}  // namespace

BulkIngest::~BulkIngest() { acknowledgements_.WaitForAll(); }

Status BulkIngest::Add(const RatingColumns& columns, const CallContext& call) {
  RETURN_IF_ERROR(CheckLengths(columns));
  const std::int64_t latest = rules::LatestRatingSeconds(clock_.Now());
  for (std::size_t i = 0; i < columns.user_ids.size(); ++i) {
    if (auto status = rules::CheckImport({columns.user_ids[i], columns.movie_ids[i],
                                          columns.values[i], columns.rated_at_seconds[i]},
                                         latest);
        !status.ok()) {
      Reject(i, std::move(status).error());
      continue;
    }
    const RatingChange change{
        .event_id = ratings::ImportEventId(columns.user_ids[i], columns.movie_ids[i],
                                           columns.values[i], columns.rated_at_seconds[i]),
        .user_id = columns.user_ids[i],
        .movie_id = columns.movie_ids[i],
        .value = columns.values[i],
        .occurred_at_us = columns.rated_at_seconds[i] * 1'000'000,
        .source = ratings::Source::kImport};
    RETURN_IF_ERROR(AppendOne(change, call));
    if ((i + 1) % kPaceEvery == 0) KeepPace();
  }
  rows_before_ += static_cast<std::int64_t>(columns.user_ids.size());
  return {};
}

void BulkIngest::KeepPace() {
  if (!pace_) return;
  std::unique_lock lock(mutex_);
  const Offsets ends = summary_.end_offsets;
  lock.unlock();
  pace_(ends);
}

void BulkIngest::Reject(std::size_t row_of_chunk, Error error) {
  const std::lock_guard lock(mutex_);
  ++summary_.rejected_count;
  if (summary_.rejected.size() < BulkSummary::kMostListed) {
    summary_.rejected.push_back(
        {rows_before_ + static_cast<std::int64_t>(row_of_chunk), std::move(error)});
  }
}

Status BulkIngest::AppendOne(const RatingChange& change, const CallContext& call) {
  for (;;) {
    RETURN_IF_ERROR(WaitBelow(kMostInFlight, call));
    acknowledgements_.Expect();
    queue_full_ = false;
    log_.AppendAsync(change,
                     [this](Result<LogPosition> result) { Acknowledge(std::move(result)); });
    if (!queue_full_) return {};
    if (SystemClock().Now() >= call.deadline) return TooSlow();
    // Others fill the queue: when ours have gone out there is room again, and if none are ours,
    // wait a little.
    acknowledgements_.WaitForAtMost(0, SystemClock().Now() + std::chrono::milliseconds(20));
  }
}

void BulkIngest::Acknowledge(Result<LogPosition> result) {
  Status status;
  if (result.ok()) {
    const std::lock_guard lock(mutex_);
    ++summary_.accepted;
    auto& end = summary_.end_offsets[result->partition];
    end = std::max(end, result->next_offset);
  } else if (result.error().reason == "kafka_queue_full") {
    queue_full_ = true;
  } else {
    status = std::move(result).error();
  }
  acknowledgements_.Report(status);  // last: the destructor waits for it
}

Status BulkIngest::WaitBelow(int most, const CallContext& call) {
  if (acknowledgements_.on_their_way() >= most &&
      !acknowledgements_.WaitForAtMost(most / 2, call.deadline)) {
    return TooSlow();
  }
  return acknowledgements_.failure();
}

Result<BulkSummary> BulkIngest::Finish(const CallContext& call) {
  if (!acknowledgements_.WaitForAtMost(0, call.deadline)) return TooSlow();
  RETURN_IF_ERROR(acknowledgements_.failure());
  const std::lock_guard lock(mutex_);
  return summary_;
}

}  // namespace marquee::rating_ingest
