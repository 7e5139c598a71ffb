#include "rating_ingest/app/bulk_ingest.h"

#include <algorithm>

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

BulkIngest::~BulkIngest() {
  std::unique_lock lock(mutex_);
  acknowledged_.wait(lock, [this] { return in_flight_ == 0; });
}

Status BulkIngest::Add(const RatingColumns& columns, Time deadline) {
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
        .event_id = projection::ImportEventId(columns.user_ids[i], columns.movie_ids[i],
                                              columns.values[i], columns.rated_at_seconds[i]),
        .user_id = columns.user_ids[i],
        .movie_id = columns.movie_ids[i],
        .value = columns.values[i],
        .occurred_at_us = columns.rated_at_seconds[i] * 1'000'000,
        .source = projection::Source::kImport};
    RETURN_IF_ERROR(AppendOne(change, deadline));
  }
  rows_before_ += static_cast<std::int64_t>(columns.user_ids.size());
  return {};
}

void BulkIngest::Reject(std::size_t row_of_chunk, Error error) {
  const std::lock_guard lock(mutex_);
  ++summary_.rejected_count;
  if (summary_.rejected.size() < BulkSummary::kMostListed) {
    summary_.rejected.push_back(
        {rows_before_ + static_cast<std::int64_t>(row_of_chunk), std::move(error)});
  }
}

Status BulkIngest::AppendOne(const RatingChange& change, Time deadline) {
  for (;;) {
    RETURN_IF_ERROR(WaitBelow(kMostInFlight, deadline));
    {
      const std::lock_guard lock(mutex_);
      ++in_flight_;
      queue_full_ = false;
    }
    bool full = false;
    log_.AppendAsync(change,
                     [this](Result<LogPosition> result) { Acknowledge(std::move(result)); });
    {
      const std::lock_guard lock(mutex_);
      full = queue_full_;
    }
    if (!full) return {};
    // Others fill the queue: when ours have gone out there is room again, and if none are ours,
    // wait a little.
    std::unique_lock lock(mutex_);
    acknowledged_.wait_for(lock, std::chrono::milliseconds(20));
    if (SystemClock().Now() >= deadline) return TooSlow();
  }
}

void BulkIngest::Acknowledge(Result<LogPosition> result) {
  const std::lock_guard lock(mutex_);
  --in_flight_;
  if (result.ok()) {
    ++summary_.accepted;
    auto& end = summary_.end_offsets[result->partition];
    end = std::max(end, result->offset + 1);
  } else if (result.error().reason == "kafka_queue_full") {
    queue_full_ = true;
  } else if (!failure_) {
    failure_ = std::move(result).error();
  }
  // Under the lock: once it is let go, a waiting destructor may end this object.
  if (in_flight_ == 0 || in_flight_ == kMostInFlight / 2) {
    acknowledged_.notify_all();
  }
}

Status BulkIngest::WaitBelow(int most, Time deadline) {
  std::unique_lock lock(mutex_);
  if (failure_) return *failure_;
  if (in_flight_ < most) return {};
  const auto left = deadline - SystemClock().Now();
  if (!acknowledged_.wait_for(lock, left, [&] { return in_flight_ <= most / 2; })) return TooSlow();
  if (failure_) return *failure_;
  return {};
}

Result<BulkSummary> BulkIngest::Finish(Time deadline) {
  std::unique_lock lock(mutex_);
  const auto left = deadline - SystemClock().Now();
  if (!acknowledged_.wait_for(lock, left, [this] { return in_flight_ == 0; })) return TooSlow();
  if (failure_) return *failure_;
  return summary_;
}

}  // namespace marquee::rating_ingest
