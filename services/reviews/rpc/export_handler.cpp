#include "reviews/rpc/export_handler.h"

#include "base/page_token.h"
#include "reviews/rpc/convert.h"

namespace marquee::reviews {

ExportHandler::ExportHandler(Reviews& reviews, std::string then)
    : reviews_(reviews), then_(std::move(then)) {
  Register(this, &ExportHandler::ExportMyReviews);
}

Result<v1::ExportMyReviewsResponse> ExportHandler::ExportMyReviews(
    const rpc::Call& call, const v1::ExportMyReviewsRequest& request) {
  ASSIGN_OR_RETURN(const auto user, call.User());
  const std::string list = "export:" + std::to_string(user);
  ASSIGN_OR_RETURN(const std::int64_t after, DecodeLastSent(list, request.page_token()));
  ASSIGN_OR_RETURN(const ReviewPage page, reviews_.ListOf(user, after, call.context()));
  v1::ExportMyReviewsResponse response;
  for (const auto& review : page.reviews) ToProto(review, *response.add_lines()->mutable_review());
  const std::string token = page.next == 0 ? "" : EncodeTypedPageToken(list, page.next);
  response.set_link(NextLink("/v1/me/export/reviews", token, then_));
  return response;
}

}  // namespace marquee::reviews
