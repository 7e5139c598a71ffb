// What reviews needs of the world. Implementations are thread-safe. Every call is made
// within the one that it serves; errors beside those named: Unavailable, DeadlineExceeded and the like.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/call_context.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/uuid.h"
#include "reviews/domain/review.h"

namespace marquee::reviews {

struct NewReview {
  std::int64_t movie_id = 0;
  std::int64_t user_id = 0;
  std::string author;
  ReviewText text;
  Time created_at;
  std::optional<Uuid> operation = {};  // that writes it, if it may be repeated
};

class ReviewRepository {
 public:
  virtual ~ReviewRepository() = default;
  // AlreadyExists "review_exists": one for each person and movie. An operation that has written it
  // finds it.
  virtual Result<Review> Create(const NewReview& review, const CallContext& call) = 0;
  // These three: NotFound "review_unknown".
  virtual Result<Review> Find(std::int64_t review_id, const CallContext& call) = 0;
  virtual Result<Review> Update(std::int64_t review_id, const ReviewText& text, Time now,
                                const CallContext& call) = 0;
  virtual Status Delete(std::int64_t review_id, const CallContext& call) = 0;
  // A movie's, latest first, those with ids below `before`.
  virtual Result<std::vector<Review>> List(std::int64_t movie_id, std::int64_t before, int limit,
                                           const CallContext& call) = 0;
  // A person's, by movie, those of movies with ids above `after`.
  virtual Result<std::vector<Review>> ListOf(std::int64_t user_id, std::int64_t after, int limit,
                                             const CallContext& call) = 0;
};

class Movies {
 public:
  virtual ~Movies() = default;
  // The catalogue's NotFound when there is no such movie; Unavailable "catalog_unavailable".
  virtual Status Require(std::int64_t movie_id, const CallContext& call) = 0;
};

class People {
 public:
  virtual ~People() = default;
  // The display name of the caller; auth's error when it doesn't know them any more;
  // Unavailable "auth_unavailable".
  virtual Result<std::string> DisplayNameOf(const CallContext& call) = 0;
};

}  // namespace marquee::reviews
