// Several methods on the same folds, person by person, so that they can be compared.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "models/evaluation.h"
#include "models/paired.h"

namespace marquee::models {

// Fits on a fold's train matrix.
using FitFunction = std::function<Result<std::shared_ptr<const Ranker>>(const RatingMatrix& train)>;
struct Method {
  std::string name;
  FitFunction fit;
};

struct RankingReport {
  std::vector<RankingMetrics> folds;
  RankingMetrics mean;             // over all held-out users (coverage: mean of the folds)
  std::vector<JudgedUser> people;  // of all folds: the same, in the same order, of every method
  // Whether anybody's scores tell any two of the ranked movies apart. If not, a list is an accident.
  bool distinguishes = false;
};

struct RatingReport {
  std::vector<RatingMetrics> folds;
  RatingMetrics mean;               // over all held-out ratings
  std::vector<JudgedRater> people;  // of all folds: the same, in the same order, of every method
  // Whether it says different things of any two held-out films of one person.
  bool distinguishes = false;
};

struct FoldOptions {
  int folds = 5;
  // After each fit (from 1), of folds × methods; false cancels.
  std::function<bool(int done, int all)> progress = {};
  int threads = 0;  // for ranking; 0: all cores
};

// Fold by fold, of which only one is in memory: split, and each method is fitted and judged.
// A report a method. InvalidArgument "folds_out_of_range"; FailedPrecondition "nobody_to_judge"
// when a split holds nobody out in any fold; Cancelled "evaluation_cancelled"; a fit's own error.
using SplitOfUsers = std::function<UserSplit(int fold)>;
Result<std::vector<RankingReport>> CrossValidateRanking(const SplitOfUsers& split,
                                                        std::span<const Method> methods,
                                                        const FoldOptions& options = {});
using SplitOfRatings = std::function<RatingSplit(int fold)>;
Result<std::vector<RatingReport>> CrossValidateRatings(const SplitOfRatings& split,
                                                       std::span<const Method> methods,
                                                       const FoldOptions& options = {});

// A metric of everybody's, for paired.h: a figure for each user of the matrix, `users` of them, and
// a weight of 0 for those who aren't held out. Who is held out in several folds counts once.
std::vector<Figure> FiguresOf(std::span<const JudgedUser> people, const RankingMetric& metric,
                              int32_t users);
std::vector<Figure> FiguresOf(std::span<const JudgedRater> people, const RatingMetric& metric,
                              int32_t users);

}  // namespace marquee::models
