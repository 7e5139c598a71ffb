// An audience with tastes: ratings from a latent-factor model, so that a model has something to
// learn and beats popularity.
#pragma once

#include <cstdint>

#include "trainer/domain/ports.h"

namespace marquee::trainer::testing {

struct Audience {
  int users = 300;
  int movies = 120;
  int ratings_per_user = 25;
  std::uint64_t seed = 1;
};

// Users are numbered from 1, movies from 1001. The same audience gives the same ratings.
Snapshot LatentRatings(const Audience& audience = {});

}  // namespace marquee::trainer::testing
