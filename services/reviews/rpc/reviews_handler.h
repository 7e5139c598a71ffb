// marquee.reviews.v1.ReviewsService: converts, calls, converts.
#pragma once

#include "marquee/reviews/v1/reviews.grpc.pb.h"
#include "reviews/app/reviews.h"
#include "rpc/service.h"

namespace marquee::reviews {

class ReviewsHandler final : public rpc::Service<v1::ReviewsService> {
 public:
  explicit ReviewsHandler(Reviews& reviews);

  Result<v1::CreateReviewResponse> CreateReview(const rpc::Call& call,
                                                const v1::CreateReviewRequest& request);
  Result<v1::ListReviewsResponse> ListReviews(const rpc::Call& call,
                                              const v1::ListReviewsRequest& request);
  Result<v1::GetReviewResponse> GetReview(const rpc::Call& call,
                                          const v1::GetReviewRequest& request);
  Result<v1::UpdateReviewResponse> UpdateReview(const rpc::Call& call,
                                                const v1::UpdateReviewRequest& request);
  Result<v1::DeleteReviewResponse> DeleteReview(const rpc::Call& call,
                                                const v1::DeleteReviewRequest& request);

 private:
  Reviews& reviews_;
};

}  // namespace marquee::reviews
