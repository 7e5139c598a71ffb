// What a list would be had its person rated otherwise, and what each movie's place comes from.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "recommender/app/list.h"
#include "recommender/domain/history.h"

namespace marquee::recommender {

struct RatingEdit {
  std::int64_t movie_id = 0;
  std::optional<float> value = {};  // nullopt: the rating is taken back
};

// By how much one rating's contribution to a movie's score changed.
struct Move {
  std::int64_t movie_id = 0;
  std::optional<float> rating_before = {};
  std::optional<float> rating_after = {};
  double change = 0;
};

struct MovedMovie {
  RecommendedMovie movie;                   // as in the new list; of one that left, in the old one
  std::optional<int> place_before = {};     // from 1; nullopt: it wasn't in the list
  std::optional<double> score_before = {};  // nullopt: there is none, for a list wasn't personal
  std::optional<double> score_after = {};
  std::vector<Move> moved_by = {};  // the largest first, five at most
  double moved_by_others = 0;  // what all the rest moved it; with them score_after − score_before
};

struct WhatIfList {
  RecommendationList list;
  std::vector<MovedMovie> moved;    // list.movies, in its order
  std::vector<MovedMovie> dropped;  // what is in the list as it is and not in this one
};

// Ascending movie id, like `ratings`; what isn't rated can be taken back, as it can in earnest.
// InvalidArgument "rating_repeated", "rating_out_of_range"; NotFound "movie_unknown", for a value; each
// with the field.
Result<std::vector<Rated>> Edited(std::span<const Rated> ratings, std::span<const RatingEdit> edits,
                                  const Catalogue& catalogue);

// `after` is of the ratings `now`, `before` of `then`; both of one snapshot.
WhatIfList Compare(RecommendationList before, std::span<const Rated> then, RecommendationList after,
                   std::span<const Rated> now);

}  // namespace marquee::recommender
