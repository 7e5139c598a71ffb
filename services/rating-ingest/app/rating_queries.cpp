#include "rating-ingest/app/rating_queries.h"

#include <algorithm>

#include "base/page_token.h"

namespace marquee::rating_ingest {
namespace {

std::string ListName(std::int64_t user_id) { return "ratings:" + std::to_string(user_id); }

Result<RatingKey> ParseKey(std::int64_t user_id, const std::string& token) {
  ASSIGN_OR_RETURN(const auto key,
                   (DecodeTypedPageToken<std::int64_t, std::int64_t>(ListName(user_id), token)));
  return RatingKey{.rated_at_us = std::get<0>(key), .movie_id = std::get<1>(key)};
}

}  // namespace

Result<Rating> RatingQueries::Get(std::int64_t user_id, std::int64_t movie_id,
                                  const CallContext& call) {
  RETURN_IF_ERROR(applied_.WaitFor(call));
  ASSIGN_OR_RETURN(const auto rating, reader_.Find(user_id, movie_id, call));
  if (!rating) {
    return Error::NotFound("rating_unknown", "you haven't rated movie " + std::to_string(movie_id));
  }
  return *rating;
}

Result<RatingQueries::Page> RatingQueries::List(std::int64_t user_id, int page_size,
                                                const std::string& page_token,
                                                const CallContext& call) {
  std::optional<RatingKey> from;
  if (!page_token.empty()) {
    ASSIGN_OR_RETURN(from, ParseKey(user_id, page_token));
  }
  RETURN_IF_ERROR(applied_.WaitFor(call));
  ASSIGN_OR_RETURN(
      auto found, reader_.List(user_id, from, page_size == 0 ? kDefaultPageSize : page_size, call));
  Page page{.ratings = std::move(found.ratings)};
  if (found.next) {
    page.next_page_token =
        EncodeTypedPageToken(ListName(user_id), found.next->rated_at_us, found.next->movie_id);
  }
  return page;
}

Result<History> RatingQueries::GetHistory(std::int64_t user_id, const CallContext& call) {
  ASSIGN_OR_RETURN(const std::int32_t partition, log_.PartitionOf(user_id, call));
  RETURN_IF_ERROR(applied_.WaitFor(call));
  return reader_.ReadHistory(user_id, partition, kHistoryLimit, call);
}

Result<ExportSummary> RatingQueries::Export(const CallContext& call,
                                            const std::function<Status(ExportChunk)>& each) {
  return reader_.Export(kExportRows, call, each);
}

Result<IngestStatus> RatingQueries::ReadStatus(const CallContext& call) {
  // The stored positions first: read the other way round, the lag could come out negative.
  ASSIGN_OR_RETURN(const ratings::StoredPositions stored, reader_.Positions(call));
  ASSIGN_OR_RETURN(const Counts counts, reader_.Count(call));
  ASSIGN_OR_RETURN(const Offsets ends, log_.EndOffsets(call));
  IngestStatus status{.counts = counts};
  Lag lag;
  for (const auto& [partition, end] : ends) {
    const auto found = stored.find(partition);
    IngestStatus::Partition one{.end_offset = end};
    if (found != stored.end()) one.stored = found->second;
    one.stored.position.partition = partition;
    lag.Add(end, one.stored.position.next_offset);
    status.partitions.push_back(one);
  }
  status.lag = lag.total();
  return status;
}

}  // namespace marquee::rating_ingest
