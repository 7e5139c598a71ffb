// Writing, reading, changing and deleting reviews.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/call_context.h"
#include "reviews/domain/ports.h"

namespace marquee::reviews {

struct ReviewPage {
  std::vector<Review> reviews;
  std::int64_t next = 0;  // what the list goes by, of the last one, when more follow; else 0
};

class Reviews {
 public:
  Reviews(ReviewRepository& reviews, Movies& movies, People& people, const Clock& clock)
      : reviews_(reviews), movies_(movies), people_(people), clock_(clock) {}

  Result<Review> Create(const Person& author, std::int64_t movie_id, const std::string& text,
                        const std::optional<Uuid>& operation, const CallContext& call);
  Result<Review> Get(std::int64_t review_id, const CallContext& call);
  // `before` 0: from the latest. `page_size` 0: 20.
  Result<ReviewPage> List(std::int64_t movie_id, std::int64_t before, int page_size,
                          const CallContext& call);
  // All of a person's, by movie; `after`: the last movie that was had, 0 at first. `next` is a
  // movie's.
  Result<ReviewPage> ListOf(std::int64_t user_id, std::int64_t after, const CallContext& call);
  Result<Review> Update(const Person& person, std::int64_t review_id, const std::string& text,
                        const CallContext& call);
  Status Delete(const Person& person, std::int64_t review_id, const CallContext& call);

 private:
  ReviewRepository& reviews_;
  Movies& movies_;
  People& people_;
  const Clock& clock_;
};

}  // namespace marquee::reviews
