// Reviews in PostgreSQL.
#pragma once

#include "base/call_context.h"
#include "erasures/erasure_events.h"
#include "pg/pool.h"
#include "reviews/domain/ports.h"

namespace marquee::reviews {

class PgReviews final : public ReviewRepository {
 public:
  explicit PgReviews(pg::Pool& pool) : pool_(pool) {}

  Result<Review> Create(const NewReview& review, const CallContext& call) override;
  Result<Review> Find(std::int64_t review_id, const CallContext& call) override;
  Result<Review> Update(std::int64_t review_id, const ReviewText& text, Time now,
                        const CallContext& call) override;
  Status Delete(std::int64_t review_id, const CallContext& call) override;
  Result<std::vector<Review>> List(std::int64_t movie_id, std::int64_t before, int limit,
                                   const CallContext& call) override;
  Result<std::vector<Review>> ListOf(std::int64_t user_id, std::int64_t after, int limit,
                                     const CallContext& call) override;

 private:
  pg::Pool& pool_;
};

// Deletes a person's reviews (erasures::ErasureConsumer::Erase). Throws the driver's exceptions.
Status ErasePerson(pg::Transaction& tx, const erasures::Erasure& person);

}  // namespace marquee::reviews
