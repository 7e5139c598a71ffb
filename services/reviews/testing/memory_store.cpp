#include "reviews/testing/memory_store.h"

#include <algorithm>

#include <ranges>

#include "reviews/store/errors.h"

namespace marquee::reviews {
namespace {

Time Stored(Time time) {  // as precisely as PostgreSQL keeps it
  return std::chrono::floor<std::chrono::microseconds>(time);
}

}  // namespace

Status MemoryReviews::Check() const {
  if (failure_) return *failure_;
  return {};
}

void MemoryReviews::Fail(std::optional<Error> error) {
  const std::lock_guard lock(mutex_);
  failure_ = std::move(error);
}

Result<Review> MemoryReviews::Create(const NewReview& review, const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  for (const auto& [id, stored] : reviews_) {
    if (stored.movie_id == review.movie_id && stored.user_id == review.user_id) {
      const auto by = operations_.find(id);
      if (review.operation && by != operations_.end() && by->second == *review.operation)
        return stored;
      return ReviewExists();
    }
  }
  const Time now = Stored(review.created_at);
  const Review created{
      next_id_++, review.movie_id, review.user_id, review.author, review.text.text(), now, now};
  reviews_[created.review_id] = created;
  if (review.operation) operations_.emplace(created.review_id, *review.operation);
  return created;
}

Result<Review> MemoryReviews::Find(std::int64_t review_id, const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  const auto found = reviews_.find(review_id);
  if (found == reviews_.end()) return ReviewUnknown();
  return found->second;
}

Result<Review> MemoryReviews::Update(std::int64_t review_id, const ReviewText& text, Time now,
                                     const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  const auto found = reviews_.find(review_id);
  if (found == reviews_.end()) return ReviewUnknown();
  found->second.text = text.text();
  found->second.updated_at = Stored(now);
  return found->second;
}

Status MemoryReviews::Delete(std::int64_t review_id, const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  if (reviews_.erase(review_id) == 0) return ReviewUnknown();
  return {};
}

Result<std::vector<Review>> MemoryReviews::List(std::int64_t movie_id, std::int64_t before,
                                                int limit, const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  std::vector<Review> page;
  for (const auto& [id, review] : std::views::reverse(reviews_)) {
    if (static_cast<int>(page.size()) == limit) break;
    if (review.movie_id == movie_id && id < before) page.push_back(review);
  }
  return page;
}

Result<std::vector<Review>> MemoryReviews::ListOf(std::int64_t user_id, std::int64_t after,
                                                  int limit, const CallContext&) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(Check());
  std::vector<Review> page;
  for (const auto& [id, review] : reviews_) {
    if (review.user_id == user_id && review.movie_id > after) page.push_back(review);
  }
  std::ranges::sort(page, {}, &Review::movie_id);
  if (page.size() > static_cast<std::size_t>(limit)) page.resize(static_cast<std::size_t>(limit));
  return page;
}

}  // namespace marquee::reviews
