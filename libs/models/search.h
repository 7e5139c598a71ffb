// Fits a ranking model's options to the deployer's data: a coordinate search on inner folds of the
// users that it is given, who are the training users of whoever judges the result. Library
// marquee_training.
//
// One option after the other, in two rounds, first those that only change the order (weights of a
// blend, the popularity exponent): the values worth trying, then factors and steps for as long as
// they help (Option). Each part's scores are kept, so that a change of one part fits that part
// alone. Inner held-out users give 80 % of their movies; what counts is a mean of NDCG@100 of all
// that they rated besides and of what they liked of it (models/evaluation.h). Not searched: what the
// caller asks for, and models for ratings.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "models/fitting.h"

namespace marquee::models {

struct SearchOptions {
  // Sets of values tried at most, the start's included; below 2: no search.
  int trials = 60;
  // After so long no more is tried; 0: no limit. The one thing that makes a result depend on the
  // machine.
  double seconds = 0;
  int folds = 3;
  // Of the objective: what liked films count for, beside all that were watched. Towards 1 lists have
  // fewer disliked films, and fewer that would have been watched all the same.
  double liked_share = 0.5;
  // Of more users a random part is searched on. What starts where the size of the data says
  // (regularization) is then moved by as much from the start for all of them.
  int32_t most_users = 3'000;
};

// One set of values and what came of it. The first is the start.
struct Trial {
  std::string option;  // what differs from the best before; empty: the start
  double value = 0;
  double objective = 0;
  double ndcg_at_100 = 0;
  double liked_ndcg_at_100 = 0;
  bool taken = false;  // it is the best so far
};

struct Found {
  OptionValues values;  // all of the algorithm's options
  std::vector<Trial> trials;
  int32_t users = 0;     // whom the trials were judged on
  bool complete = true;  // false: the budget ended it
};

// Values(OptionsOf(algorithm, ratings), asked) where there is nothing to search or nobody to judge
// on. `fitting.progress` is called from several threads; false cancels (Code::kCancelled). The
// result doesn't depend on the number of threads. Memory: a float for each held-out user (at most
// 30 million / items of them), item and part, some times over; and one fit for each thread.
Result<Found> Search(std::string_view algorithm, const RatingMatrix& ratings,
                     const OptionValues& asked, const Fitting& fitting,
                     const SearchOptions& options);

}  // namespace marquee::models
