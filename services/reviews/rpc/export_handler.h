// marquee.reviews.v1.ExportService: converts, calls, converts.
#pragma once

#include <string>

#include "marquee/reviews/v1/export.grpc.pb.h"
#include "reviews/app/reviews.h"
#include "rpc/service.h"

namespace marquee::reviews {

class ExportHandler final : public rpc::Service<v1::ExportService> {
 public:
  // `then`: where the export goes on after this service's part; may be empty.
  ExportHandler(Reviews& reviews, std::string then);

  Result<v1::ExportMyReviewsResponse> ExportMyReviews(const rpc::Call& call,
                                                      const v1::ExportMyReviewsRequest& request);

 private:
  Reviews& reviews_;
  const std::string then_;
};

}  // namespace marquee::reviews
