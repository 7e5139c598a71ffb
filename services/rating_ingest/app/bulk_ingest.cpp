#include "rating_ingest/app/bulk_ingest.h"

#include <algorithm>

namespace marquee::rating_ingest {
namespace {

constexpr std::int64_t kMostUserId = 1'000'000'000;
constexpr std::int64_t kMaxSeconds = 253'402'300'799;  // the year 9999

Error Wrong(std::string reason, std::string message, const char* column, std::size_t row) {
  return Error::InvalidArgument(std::move(reason), std::move(message),
                                std::string(column) + "[" + std::to_string(row) + "]");
}

Error TooSlow() {
  return Error::Unavailable("kafka_unavailable",
                            "the event log didn't take the ratings in time; try again");
}

}  // namespace

Status CheckColumns(const RatingColumns& columns, Time now) {
  const std::size_t rows = columns.user_ids.size();
  const auto same = [rows](std::size_t size) { return size == rows; };
  if (!same(columns.movie_ids.size())) {
    return Error::InvalidArgument("columns_differ", "all columns must have the same length",
                                  "movie_ids");
  }
  if (!same(columns.values.size())) {
    return Error::InvalidArgument("columns_differ", "all columns must have the same length",
                                  "values");
  }
  if (!same(columns.rated_at_seconds.size())) {
    return Error::InvalidArgument("columns_differ", "all columns must have the same length",
                                  "rated_at_seconds");
  }
  const auto latest = std::min(
      kMaxSeconds,
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count() + 86'400);
  for (std::size_t i = 0; i < rows; ++i) {
    if (columns.user_ids[i] < 1 || columns.user_ids[i] >= kMostUserId) {
      return Wrong("user_id_invalid", "a user's id is 1 to 999,999,999", "user_ids", i);
    }
    if (columns.movie_ids[i] < 1)
      return Wrong("movie_id_invalid", "a movie's id is 1 or more", "movie_ids", i);
    if (!ratings::IsRatingValue(columns.values[i])) {
      return Wrong("rating_out_of_range", "a rating is 0.5 to 5.0 in steps of 0.5", "values", i);
    }
    if (columns.rated_at_seconds[i] < 0 || columns.rated_at_seconds[i] > latest) {
      return Wrong("time_out_of_range", "a rating's time is after 1970 and not in the future",
                   "rated_at_seconds", i);
    }
  }
  return {};
}

BulkIngest::~BulkIngest() { acknowledgements_.WaitForAll(); }

Status BulkIngest::Add(const RatingColumns& columns, Time deadline) {
  RETURN_IF_ERROR(CheckColumns(columns, clock_.Now()));
  for (std::size_t i = 0; i < columns.user_ids.size(); ++i) {
    const RatingChange change{
        .event_id = ratings::ImportEventId(columns.user_ids[i], columns.movie_ids[i],
                                           columns.values[i], columns.rated_at_seconds[i]),
        .user_id = columns.user_ids[i],
        .movie_id = columns.movie_ids[i],
        .value = columns.values[i],
        .occurred_at_us = columns.rated_at_seconds[i] * 1'000'000,
        .source = ratings::Source::kImport};
    RETURN_IF_ERROR(AppendOne(change, deadline));
  }
  return {};
}

Status BulkIngest::AppendOne(const RatingChange& change, Time deadline) {
  for (;;) {
    RETURN_IF_ERROR(WaitBelow(kMostInFlight, deadline));
    acknowledgements_.Expect();
    queue_full_ = false;
    log_.AppendAsync(change,
                     [this](Result<LogPosition> result) { Acknowledge(std::move(result)); });
    if (!queue_full_) return {};
    if (SystemClock().Now() >= deadline) return TooSlow();
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

Status BulkIngest::WaitBelow(int most, Time deadline) {
  if (acknowledgements_.on_their_way() >= most &&
      !acknowledgements_.WaitForAtMost(most / 2, deadline)) {
    return TooSlow();
  }
  return acknowledgements_.failure();
}

Result<BulkSummary> BulkIngest::Finish(Time deadline) {
  if (!acknowledgements_.WaitForAtMost(0, deadline)) return TooSlow();
  RETURN_IF_ERROR(acknowledgements_.failure());
  const std::lock_guard lock(mutex_);
  return summary_;
}

}  // namespace marquee::rating_ingest
