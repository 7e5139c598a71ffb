// Taking ratings and interactions in, one person's at a time.
#pragma once

#include <string>
#include <vector>

#include "base/call_context.h"
#include "rating-ingest/app/ports.h"

namespace marquee::rating_ingest {

struct Accepted {
  LogPosition position = {};
  std::int64_t rated_at_us = 0;
};

class RatingIntake {
 public:
  RatingIntake(RatingLog& log, InteractionLog& interactions, MovieCatalog& catalog,
               const Clock& clock)
      : log_(log), interactions_(interactions), catalog_(catalog), clock_(clock) {}

  // Returns once the log has the event. InvalidArgument "rating_out_of_range" (field `value`),
  // NotFound "movie_unknown", Unavailable "catalog_unavailable" or "kafka_unavailable". `operation`
  // becomes the event's id: repeated, it is the same event.
  Result<Accepted> Put(std::int64_t user_id, std::int64_t movie_id, float value,
                       const Uuid& operation, const CallContext& call);
  // Takes back; what isn't there too, and for a movie that has left the catalogue.
  Result<Accepted> Delete(std::int64_t user_id, std::int64_t movie_id, const Uuid& operation,
                          const CallContext& call);

  Status Record(std::int64_t user_id, const std::vector<Interaction>& interactions,
                const Uuid& operation, const CallContext& call);

 private:
  Result<Accepted> Append(RatingChange change, const Uuid& operation, const CallContext& call);

  RatingLog& log_;
  InteractionLog& interactions_;
  MovieCatalog& catalog_;
  const Clock& clock_;
};

std::int64_t ToMicroseconds(Time time);

}  // namespace marquee::rating_ingest
