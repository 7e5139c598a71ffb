// What a run holds out to judge its models. Membership is decided by hashes of ids, so that
// tomorrow's run holds out (nearly) what today's did and a champion can be judged on data that its
// evaluation artefact hasn't seen, however the ratings have grown.
#pragma once

#include <cstdint>

#include "models/evaluation.h"
#include "models/rating_matrix.h"

namespace marquee::trainer {

// Users to rank for, of those with two ratings or more, the lowest hashes first: an eighth, or as
// many as make 1,000, but a third at most and never more than 10,000. The share only falls as users
// come, so that whom a later run holds out was held out before. Of each one a fifth of the movies
// at random is to be ranked first and the rest is given, at least one on either side; where they
// are fewer than 2,000, each fifth in turn, so that a user is there up to five times: a gain of
// chance falls by as much as other people would cost.
models::UserSplit HoldOutUsers(const models::RatingMatrix& matrix, std::uint64_t seed);

// A tenth of the ratings, by the hash of (user, movie).
models::RatingSplit HoldOutRatings(const models::RatingMatrix& matrix, std::uint64_t seed);

}  // namespace marquee::trainer
