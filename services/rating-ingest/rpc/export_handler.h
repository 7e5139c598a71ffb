// marquee.ratings.v1.ExportService: converts, calls, converts.
#pragma once

#include <string>

#include "marquee/ratings/v1/export.grpc.pb.h"
#include "rating-ingest/app/rating_export.h"
#include "rpc/service.h"

namespace marquee::rating_ingest {

class ExportHandler final : public rpc::Service<ratings::v1::ExportService> {
 public:
  // `then`: where the export goes on after this service's part; may be empty.
  ExportHandler(RatingExport& ratings, std::string then);

  Result<ratings::v1::ExportMyRatingsResponse> ExportMyRatings(
      const rpc::Call& call, const ratings::v1::ExportMyRatingsRequest& request);

 private:
  RatingExport& export_;
  const std::string then_;
};

}  // namespace marquee::rating_ingest
