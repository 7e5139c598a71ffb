// The domain's errors, as every store says them.
#pragma once

#include "base/result.h"

namespace marquee::reviews {

inline Error ReviewUnknown() {
  return Error::NotFound("review_unknown", "There is no such review.");
}
inline Error ReviewExists() {
  return Error::AlreadyExists(
      "review_exists", "You have reviewed this movie already: change that review.", "movie_id");
}

}  // namespace marquee::reviews
