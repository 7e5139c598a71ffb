#include "rating-ingest/app/rating_intake.h"

#include "rules/rating.h"

namespace marquee::rating_ingest {

std::int64_t ToMicroseconds(Time time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

Result<Accepted> RatingIntake::Put(std::int64_t user_id, std::int64_t movie_id, float value,
                                   const Uuid& operation, const CallContext& call) {
  RETURN_IF_ERROR(rules::CheckRatingValue(value));
  ASSIGN_OR_RETURN(const bool exists, catalog_.Exists(movie_id, call));
  if (!exists) {
    return Error::NotFound("movie_unknown", "there is no movie " + std::to_string(movie_id));
  }
  return Append({.user_id = user_id, .movie_id = movie_id, .value = value}, operation, call);
}

Result<Accepted> RatingIntake::Delete(std::int64_t user_id, std::int64_t movie_id,
                                      const Uuid& operation, const CallContext& call) {
  return Append({.user_id = user_id, .movie_id = movie_id}, operation, call);
}

Result<Accepted> RatingIntake::Append(RatingChange change, const Uuid& operation,
                                      const CallContext& call) {
  const Time now = clock_.Now();
  change.source = ratings::Source::kLive;
  change.occurred_at_us = ToMicroseconds(now);
  change.event_id = operation;
  ASSIGN_OR_RETURN(const LogPosition position, log_.Append(change, call));
  return Accepted{position, change.occurred_at_us};
}

Status RatingIntake::Record(std::int64_t user_id, const std::vector<Interaction>& interactions,
                            const Uuid& operation, const CallContext& call) {
  std::vector<Uuid> ids;
  ids.reserve(interactions.size());
  for (std::size_t i = 0; i < interactions.size(); ++i)
    ids.push_back(Uuid::V5(operation, std::to_string(i)));
  return interactions_.AppendInteractions(user_id, interactions, ids, call);
}

}  // namespace marquee::rating_ingest
