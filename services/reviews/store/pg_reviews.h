// Reviews in PostgreSQL.
#pragma once

#include "reviews/domain/ports.h"

namespace marquee::pg {
class Pool;
}

namespace marquee::reviews {

class PgReviews final : public ReviewRepository {
 public:
  explicit PgReviews(pg::Pool& pool) : pool_(pool) {}

  Result<Review> Create(const NewReview& review, Time deadline) override;
  Result<Review> Find(std::int64_t review_id, Time deadline) override;
  Result<Review> Update(std::int64_t review_id, const ReviewText& text, Time now,
                        Time deadline) override;
  Status Delete(std::int64_t review_id, Time deadline) override;
  Result<std::vector<Review>> List(std::int64_t movie_id, std::int64_t before, int limit,
                                   Time deadline) override;

 private:
  pg::Pool& pool_;
};

}  // namespace marquee::reviews
