#include "reviews/app/reviews.h"

#include <limits>

namespace marquee::reviews {

Result<Review> Reviews::Create(const Person& author, std::int64_t movie_id, const std::string& text,
                               const std::optional<Uuid>& operation, const CallContext& call) {
  ASSIGN_OR_RETURN(ReviewText words, ReviewText::Make(text));
  RETURN_IF_ERROR(movies_.Require(movie_id, call));
  ASSIGN_OR_RETURN(const std::string name, people_.DisplayNameOf(call));
  return reviews_.Create(
      {movie_id, author.user_id, AuthorOf(name), std::move(words), clock_.Now(), operation}, call);
}

Result<Review> Reviews::Get(std::int64_t review_id, const CallContext& call) {
  return reviews_.Find(review_id, call);
}

Result<ReviewPage> Reviews::List(std::int64_t movie_id, std::int64_t before, int page_size,
                                 const CallContext& call) {
  constexpr int kDefaultPage = 20;
  const int limit = page_size > 0 ? page_size : kDefaultPage;
  const auto from = before > 0 ? before : std::numeric_limits<std::int64_t>::max();
  ASSIGN_OR_RETURN(auto reviews, reviews_.List(movie_id, from, limit + 1, call));
  ReviewPage page{std::move(reviews)};
  if (static_cast<int>(page.reviews.size()) > limit) {
    page.reviews.pop_back();
    page.next = page.reviews.back().review_id;
  }
  return page;
}

Result<ReviewPage> Reviews::ListOf(std::int64_t user_id, std::int64_t after,
                                   const CallContext& call) {
  constexpr int kPage = 50;  // of up to 40 KB each
  ASSIGN_OR_RETURN(auto reviews, reviews_.ListOf(user_id, after, kPage + 1, call));
  ReviewPage page{std::move(reviews)};
  if (page.reviews.size() > kPage) {
    page.reviews.pop_back();
    page.next = page.reviews.back().movie_id;
  }
  return page;
}

// A review's author never changes, so what was read still holds when it is written.
Result<Review> Reviews::Update(const Person& person, std::int64_t review_id,
                               const std::string& text, const CallContext& call) {
  ASSIGN_OR_RETURN(const ReviewText words, ReviewText::Make(text));
  ASSIGN_OR_RETURN(const Review review, reviews_.Find(review_id, call));
  RETURN_IF_ERROR(MayEdit(person, review));
  return reviews_.Update(review_id, words, clock_.Now(), call);
}

Status Reviews::Delete(const Person& person, std::int64_t review_id, const CallContext& call) {
  ASSIGN_OR_RETURN(const Review review, reviews_.Find(review_id, call));
  RETURN_IF_ERROR(MayDelete(person, review));
  return reviews_.Delete(review_id, call);
}

}  // namespace marquee::reviews
