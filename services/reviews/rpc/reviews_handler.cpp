#include "reviews/rpc/reviews_handler.h"

#include "base/page_token.h"
#include "reviews/rpc/convert.h"

namespace marquee::reviews {
namespace {

template <typename Response>
Result<Response> WithReview(const Result<Review>& review) {
  if (!review.ok()) return review.error();
  Response response;
  ToProto(*review, *response.mutable_review());
  return response;
}

Result<Person> PersonOf(const rpc::Call& call) {
  ASSIGN_OR_RETURN(const auto user_id, call.User());
  const auto& caller = call.caller();
  return Person{user_id, caller.Has("curator") || caller.Has("administrator")};
}

std::string ListName(std::int64_t movie_id) {
  return "reviews?movie_id=" + std::to_string(movie_id);
}

}  // namespace

ReviewsHandler::ReviewsHandler(Reviews& reviews) : reviews_(reviews) {
  Register(this, &ReviewsHandler::CreateReview);
  Register(this, &ReviewsHandler::ListReviews);
  Register(this, &ReviewsHandler::GetReview);
  Register(this, &ReviewsHandler::UpdateReview);
  Register(this, &ReviewsHandler::DeleteReview);
}

Result<v1::CreateReviewResponse> ReviewsHandler::CreateReview(
    const rpc::Call& call, const v1::CreateReviewRequest& request) {
  ASSIGN_OR_RETURN(const Person person, PersonOf(call));
  return WithReview<v1::CreateReviewResponse>(reviews_.Create(
      person, request.movie_id(), request.text(), call.repeatable_operation(), call.context()));
}

Result<v1::ListReviewsResponse> ReviewsHandler::ListReviews(const rpc::Call& call,
                                                            const v1::ListReviewsRequest& request) {
  ASSIGN_OR_RETURN(const std::int64_t before,
                   DecodeLastSent(ListName(request.movie_id()), request.page_token()));
  ASSIGN_OR_RETURN(const ReviewPage page,
                   reviews_.List(request.movie_id(), before, request.page_size(), call.context()));
  v1::ListReviewsResponse response;
  for (const auto& review : page.reviews) ToProto(review, *response.add_reviews());
  if (page.next != 0) {
    response.set_next_page_token(EncodeTypedPageToken(ListName(request.movie_id()), page.next));
  }
  return response;
}

Result<v1::GetReviewResponse> ReviewsHandler::GetReview(const rpc::Call& call,
                                                        const v1::GetReviewRequest& request) {
  return WithReview<v1::GetReviewResponse>(reviews_.Get(request.review_id(), call.context()));
}

Result<v1::UpdateReviewResponse> ReviewsHandler::UpdateReview(
    const rpc::Call& call, const v1::UpdateReviewRequest& request) {
  ASSIGN_OR_RETURN(const Person person, PersonOf(call));
  return WithReview<v1::UpdateReviewResponse>(
      reviews_.Update(person, request.review_id(), request.text(), call.context()));
}

Result<v1::DeleteReviewResponse> ReviewsHandler::DeleteReview(
    const rpc::Call& call, const v1::DeleteReviewRequest& request) {
  ASSIGN_OR_RETURN(const Person person, PersonOf(call));
  RETURN_IF_ERROR(reviews_.Delete(person, request.review_id(), call.context()));
  return v1::DeleteReviewResponse();
}

}  // namespace marquee::reviews
