// The store in memory, for tests: it keeps the same contract as PostgreSQL
// (testing/store_contract.h).
#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "base/call_context.h"
#include "reviews/domain/ports.h"

namespace marquee::reviews {

class MemoryReviews final : public ReviewRepository {
 public:
  Result<Review> Create(const NewReview& review, const CallContext& call) override;
  Result<Review> Find(std::int64_t review_id, const CallContext& call) override;
  Result<Review> Update(std::int64_t review_id, const ReviewText& text, Time now,
                        const CallContext& call) override;
  Status Delete(std::int64_t review_id, const CallContext& call) override;
  Result<std::vector<Review>> List(std::int64_t movie_id, std::int64_t before, int limit,
                                   const CallContext& call) override;
  Result<std::vector<Review>> ListOf(std::int64_t user_id, std::int64_t after, int limit,
                                     const CallContext& call) override;

  // From now on every call fails with this error; nullopt ends it.
  void Fail(std::optional<Error> error);

 private:
  Status Check() const;

  std::mutex mutex_;
  std::optional<Error> failure_;
  std::int64_t next_id_ = 1;
  std::map<std::int64_t, Review> reviews_;
  std::map<std::int64_t, Uuid> operations_;  // by the review's id
};

}  // namespace marquee::reviews
