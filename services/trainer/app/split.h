// What a run holds out to judge its models. Membership is decided by hashes of ids, so that
// tomorrow's run holds out (nearly) what today's did and a champion can be judged on data that its
// evaluation artefact hasn't seen, however the ratings have grown.
#pragma once

#include <cstdint>

#include "models/evaluation.h"
#include "models/rating_matrix.h"

namespace marquee::trainer {

// Users to rank for: an eighth of those with two ratings or more, 10,000 at most, the lowest hashes
// first. 80 % of each one's movies at random are given, the rest is to be ranked first; at least
// one on either side.
models::UserSplit HoldOutUsers(const models::RatingMatrix& matrix, std::uint64_t seed);

// A tenth of the ratings, by the hash of (user, movie).
models::RatingSplit HoldOutRatings(const models::RatingMatrix& matrix, std::uint64_t seed);

}  // namespace marquee::trainer
