// marquee.ratings.v1.RatingsService: converts, calls, converts.
#pragma once

#include "marquee/ratings/v1/ratings.grpc.pb.h"
#include "rating-ingest/app/applied_positions.h"
#include "rating-ingest/app/rating_intake.h"
#include "rating-ingest/app/rating_queries.h"
#include "rpc/service.h"

namespace marquee::rating_ingest {

class RatingsHandler final : public rpc::Service<ratings::v1::RatingsService> {
 public:
  RatingsHandler(RatingIntake& intake, RatingQueries& queries, AppliedPositions& applied,
                 RatingLog& log, const Clock& clock);

  Result<ratings::v1::PutRatingResponse> PutRating(const rpc::Call& call,
                                                   const ratings::v1::PutRatingRequest& request);
  Result<ratings::v1::DeleteRatingResponse> DeleteRating(
      const rpc::Call& call, const ratings::v1::DeleteRatingRequest& request);
  Result<ratings::v1::GetRatingResponse> GetRating(const rpc::Call& call,
                                                   const ratings::v1::GetRatingRequest& request);
  Result<ratings::v1::ListRatingsResponse> ListRatings(
      const rpc::Call& call, const ratings::v1::ListRatingsRequest& request);
  Result<ratings::v1::RecordInteractionsResponse> RecordInteractions(
      const rpc::Call& call, const ratings::v1::RecordInteractionsRequest& request);
  Result<ratings::v1::GetIngestStatusResponse> GetIngestStatus(
      const rpc::Call& call, const ratings::v1::GetIngestStatusRequest& request);
  Result<ratings::v1::GetUserHistoryResponse> GetUserHistory(
      const rpc::Call& call, const ratings::v1::GetUserHistoryRequest& request);
  Status ExportRatings(const rpc::Call& call, const ratings::v1::ExportRatingsRequest& request,
                       grpc::ServerWriter<ratings::v1::ExportRatingsResponse>& writer);
  Result<ratings::v1::BulkIngestResponse> BulkIngest(
      const rpc::Call& call, grpc::ServerReader<ratings::v1::BulkIngestRequest>& reader);

 private:
  RatingIntake& intake_;
  RatingQueries& queries_;
  AppliedPositions& applied_;
  RatingLog& log_;
  const Clock& clock_;
};

}  // namespace marquee::rating_ingest
