#include "rating-ingest/rpc/ratings_handler.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "rating-ingest/app/bulk_ingest.h"

namespace marquee::rating_ingest {
namespace {

namespace v1 = ratings::v1;
using google::protobuf::util::TimeUtil;

constexpr std::int64_t kMicros = 1'000'000;

void Convert(const Rating& rating, v1::Rating& out) {
  out.set_movie_id(rating.movie_id);
  out.set_value(rating.value);
  *out.mutable_rated_at() = TimeUtil::MicrosecondsToTimestamp(rating.rated_at_us);
}

void TellPosition(const rpc::Call& call, const LogPosition& position) {
  call.SetPosition({std::string(ratings::kStream), position});
}

Result<Interaction> ToInteraction(const v1::Interaction& from, int index, Time now) {
  const std::string path = "interactions[" + std::to_string(index) + "]";
  Interaction to{.movie_id = from.movie_id(),
                 .occurred_at_us = ToMicroseconds(now),
                 .recommendation_id = from.recommendation_id()};
  switch (from.kind()) {
    case events::v1::INTERACTION_KIND_IMPRESSION: to.kind = InteractionKind::kImpression; break;
    case events::v1::INTERACTION_KIND_CLICK: to.kind = InteractionKind::kClick; break;
    case events::v1::INTERACTION_KIND_WATCH: to.kind = InteractionKind::kWatch; break;
    default:
      return Error::InvalidArgument("interaction_kind_unknown",
                                    "an interaction is an impression, a click or a watch",
                                    path + ".kind");
  }
  if (from.has_occurred_at()) {
    const auto& at = from.occurred_at();
    const std::int64_t latest = ToMicroseconds(now) / kMicros + 300;
    if (at.seconds() < 0 || at.seconds() > latest || at.nanos() < 0 || at.nanos() > 999'999'999) {
      return Error::InvalidArgument(
          "time_out_of_range", "an interaction's time is not in the future", path + ".occurred_at");
    }
    to.occurred_at_us = TimeUtil::TimestampToMicroseconds(at);
  }
  return to;
}

template <typename Column>
std::span<const typename Column::value_type> Span(const Column& column) {
  return {column.data(), static_cast<std::size_t>(column.size())};
}

}  // namespace

RatingsHandler::RatingsHandler(RatingIntake& intake, RatingQueries& queries,
                               AppliedPositions& applied, RatingLog& log, const Clock& clock)
    : intake_(intake), queries_(queries), applied_(applied), log_(log), clock_(clock) {
  Register(this, &RatingsHandler::PutRating);
  Register(this, &RatingsHandler::DeleteRating);
  Register(this, &RatingsHandler::GetRating);
  Register(this, &RatingsHandler::ListRatings);
  Register(this, &RatingsHandler::RecordInteractions);
  Register(this, &RatingsHandler::GetIngestStatus);
  Register(this, &RatingsHandler::GetUserHistory);
  Register(this, &RatingsHandler::ExportRatings);
  Register(this, &RatingsHandler::BulkIngest);
}

Result<v1::PutRatingResponse> RatingsHandler::PutRating(const rpc::Call& call,
                                                        const v1::PutRatingRequest& request) {
  ASSIGN_OR_RETURN(const auto user, call.User());
  ASSIGN_OR_RETURN(const auto accepted, intake_.Put(user, request.movie_id(), request.value(),
                                                    call.operation_id(), call.context()));
  TellPosition(call, accepted.position);
  v1::PutRatingResponse response;
  Convert({request.movie_id(), request.value(), accepted.rated_at_us}, *response.mutable_rating());
  return response;
}

Result<v1::DeleteRatingResponse> RatingsHandler::DeleteRating(
    const rpc::Call& call, const v1::DeleteRatingRequest& request) {
  ASSIGN_OR_RETURN(const auto user, call.User());
  ASSIGN_OR_RETURN(const auto accepted,
                   intake_.Delete(user, request.movie_id(), call.operation_id(), call.context()));
  TellPosition(call, accepted.position);
  return v1::DeleteRatingResponse();
}

Result<v1::GetRatingResponse> RatingsHandler::GetRating(const rpc::Call& call,
                                                        const v1::GetRatingRequest& request) {
  ASSIGN_OR_RETURN(const auto user, call.User());
  ASSIGN_OR_RETURN(const auto rating, queries_.Get(user, request.movie_id(), call.context()));
  v1::GetRatingResponse response;
  Convert(rating, *response.mutable_rating());
  return response;
}

Result<v1::ListRatingsResponse> RatingsHandler::ListRatings(const rpc::Call& call,
                                                            const v1::ListRatingsRequest& request) {
  ASSIGN_OR_RETURN(const auto user, call.User());
  ASSIGN_OR_RETURN(const auto page,
                   queries_.List(user, request.page_size(), request.page_token(), call.context()));
  v1::ListRatingsResponse response;
  for (const auto& rating : page.ratings) Convert(rating, *response.add_ratings());
  response.set_next_page_token(page.next_page_token);
  return response;
}

Result<v1::RecordInteractionsResponse> RatingsHandler::RecordInteractions(
    const rpc::Call& call, const v1::RecordInteractionsRequest& request) {
  ASSIGN_OR_RETURN(const auto user, call.User());
  std::vector<Interaction> interactions;
  for (int i = 0; i < request.interactions_size(); ++i) {
    ASSIGN_OR_RETURN(auto interaction, ToInteraction(request.interactions(i), i, clock_.Now()));
    interactions.push_back(std::move(interaction));
  }
  RETURN_IF_ERROR(intake_.Record(user, interactions, call.operation_id(), call.context()));
  v1::RecordInteractionsResponse response;
  response.set_accepted(static_cast<std::int32_t>(interactions.size()));
  return response;
}

Result<v1::GetIngestStatusResponse> RatingsHandler::GetIngestStatus(
    const rpc::Call& call, const v1::GetIngestStatusRequest&) {
  ASSIGN_OR_RETURN(const auto status, queries_.ReadStatus(call.context()));
  v1::GetIngestStatusResponse response;
  for (const auto& one : status.partitions) {
    auto& out = *response.add_partitions();
    out.set_partition(one.stored.position.partition);
    out.set_end_offset(one.end_offset);
    out.set_next_offset(one.stored.position.next_offset);
    out.set_lost_count(one.stored.lost_events);
    out.set_other_log_count(one.stored.other_logs);
  }
  response.set_lag(status.lag);
  response.set_rating_count(status.counts.ratings);
  response.set_dead_letter_count(status.counts.dead_letters);
  return response;
}

Result<v1::GetUserHistoryResponse> RatingsHandler::GetUserHistory(
    const rpc::Call& call, const v1::GetUserHistoryRequest& request) {
  ASSIGN_OR_RETURN(const auto history, queries_.GetHistory(request.user_id(), call.context()));
  v1::GetUserHistoryResponse response;
  const int count = static_cast<int>(history.ratings.size());
  response.mutable_movie_ids()->Reserve(count);
  response.mutable_values()->Reserve(count);
  response.mutable_rated_at_seconds()->Reserve(count);
  for (const auto& rating : history.ratings) {
    response.add_movie_ids(rating.movie_id);
    response.add_values(rating.value);
    response.add_rated_at_seconds(rating.rated_at_us / kMicros);
  }
  response.mutable_older_movie_ids()->Add(history.older_movie_ids.begin(),
                                          history.older_movie_ids.end());
  response.set_partition(history.position.partition);
  response.set_next_offset(history.position.next_offset);
  response.set_fingerprint(history.position.fingerprint);
  return response;
}

Status RatingsHandler::ExportRatings(const rpc::Call& call, const v1::ExportRatingsRequest&,
                                     grpc::ServerWriter<v1::ExportRatingsResponse>& writer) {
  const auto gone = [] { return Error::Cancelled("caller_gone", "the caller has gone"); };
  ASSIGN_OR_RETURN(
      const auto summary, queries_.Export(call.context(), [&](ExportChunk chunk) -> Status {
        v1::ExportRatingsResponse response;
        response.mutable_user_ids()->Add(chunk.user_ids.begin(), chunk.user_ids.end());
        response.mutable_movie_ids()->Add(chunk.movie_ids.begin(), chunk.movie_ids.end());
        response.mutable_values()->Add(chunk.values.begin(), chunk.values.end());
        response.mutable_rated_at_seconds()->Add(chunk.rated_at_seconds.begin(),
                                                 chunk.rated_at_seconds.end());
        if (call.Cancelled() || !writer.Write(response)) return gone();
        return {};
      }));
  v1::ExportRatingsResponse last;
  last.mutable_summary()->set_row_count(summary.row_count);
  // The index is the partition; one that was never read is at 0.
  const std::int32_t partitions =
      summary.next_offsets.empty() ? 0 : summary.next_offsets.rbegin()->first + 1;
  for (std::int32_t partition = 0; partition < partitions; ++partition) {
    const auto found = summary.next_offsets.find(partition);
    last.mutable_summary()->add_next_offsets(found == summary.next_offsets.end() ? 0
                                                                                 : found->second);
  }
  if (!writer.Write(last)) return gone();
  return {};
}

Result<v1::BulkIngestResponse> RatingsHandler::BulkIngest(
    const rpc::Call& call, grpc::ServerReader<v1::BulkIngestRequest>& reader) {
  // So many events may wait for the writer, and so long at most does a chunk wait for it: while the
  // writer is away, Kafka keeps what comes.
  constexpr std::int64_t kMostBehind = 20'000;
  constexpr std::chrono::seconds kMostWait{1};
  rating_ingest::BulkIngest ingest(log_, clock_, [&](const Offsets& ends) {
    applied_.AwaitNear(ends, kMostBehind,
                       std::min(call.deadline(), SystemClock().Now() + kMostWait));
  });
  v1::BulkIngestRequest request;
  while (reader.Read(&request)) {
    RETURN_IF_ERROR(rpc::Validate(request));
    RETURN_IF_ERROR(ingest.Add({Span(request.user_ids()), Span(request.movie_ids()),
                                Span(request.values()), Span(request.rated_at_seconds())},
                               call.context()));
  }
  if (call.Cancelled()) return Error::Cancelled("caller_gone", "the caller has gone");
  ASSIGN_OR_RETURN(const auto summary, ingest.Finish(call.context()));
  v1::BulkIngestResponse response;
  response.set_accepted(summary.accepted);
  for (const auto& [partition, end] : summary.end_offsets) {
    auto& out = *response.add_partitions();
    out.set_partition(partition);
    out.set_end_offset(end);
  }
  for (const auto& one : summary.rejected) {
    auto& out = *response.add_rejected();
    out.set_row(one.row);
    out.set_field(one.error.field);
    out.set_reason(one.error.reason);
    out.set_message(one.error.message);
  }
  response.set_rejected_count(summary.rejected_count);
  return response;
}

}  // namespace marquee::rating_ingest
