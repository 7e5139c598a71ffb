// What a list of recommendations is asked for by, and what it is.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "recommender/app/serving.h"
#include "recommender/domain/catalogue.h"

namespace marquee::recommender {

// What one past rating adds to a score.
struct Contribution {
  std::int64_t movie_id = 0;
  float rating = 0;
  double contribution = 0;  // below 0: it takes
  bool disliked = false;    // rated so far below their own level that it pushes away
};

// What is done with the movies that somebody has rated.
enum class Rewatch {
  kExclude,  // they aren't shown
  kInclude,  // they are shown where they score
  kOnly,     // nothing else is shown
};

// What the caller asked to see.
struct ListRequest {
  MovieFilter filter = {};
  int count = 0;         // 20 when it isn't positive, 100 at most
  double diversity = 0;  // 0: by score alone … 1: as unlike as can be (domain/diversity.h)
  Rewatch rewatch = Rewatch::kExclude;
};

struct RecommendedMovie {
  std::int32_t row = 0;               // in the snapshot's catalogue
  double score = 0;                   // the model's, or the number of ratings in the popular list
  std::vector<Contribution> because;  // what speaks most for it
  std::vector<Contribution> despite = {};  // what was disliked and speaks most against it
  // By the rating model, 0.5 to 5.0: of personal lists, where there is one that knows the movie.
  std::optional<double> predicted_rating = {};
};

struct RecommendationList {
  std::shared_ptr<const Serving> serving;  // what it was made from
  std::vector<RecommendedMovie> movies;    // best first
  std::int64_t model_version = 0;          // 0: not personal
  std::string id;                          // UUIDv7
  std::int32_t history_size = 0;           // how many of the ratings the model knows
  bool degraded = false;                   // not personal: the popular list stands in
};

}  // namespace marquee::recommender
