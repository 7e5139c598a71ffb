// What training one of the two models gives, and how: the same steps for both. Train on the part
// that isn't held out, judge that against the baseline and the champion, train on everything.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "models/ranker.h"
#include "models/rating_matrix.h"
#include "models/training.h"
#include "trainer/app/run_monitor.h"
#include "trainer/domain/run.h"

namespace marquee::trainer {

struct TrainingSettings {
  models::RankingAlgorithm algorithm = models::RankingAlgorithm::kIals;
  int threads = 0;               // 0: all cores
  std::uint64_t split_seed = 1;  // the same for all runs, or champions can't be compared
};

struct TrainedModel {
  std::string algorithm;
  models::ServedModel served;      // trained on everything
  models::ServedModel evaluation;  // trained without the held-out part
  // By their names without the model's: "ndcg_at_100", "popularity.ndcg_at_100",
  // "champion.ndcg_at_100", …
  std::map<std::string, double> metrics;
  std::map<std::string, double> hyperparameters;
};

// iALS (settings.algorithm) on implicit feedback. `effective` gets the hyperparameters that a 0 in
// `asked` stood for. `champion`: its evaluation model, when there is one. Stages kTrainRanking and
// kEvaluateRanking. FailedPrecondition "not_enough_ratings" when nobody can be held out.
Result<TrainedModel> TrainRankingModel(const models::RatingMatrix& ratings,
                                       const Hyperparameters& asked, Hyperparameters& effective,
                                       const TrainingSettings& settings,
                                       const std::optional<models::ServedModel>& champion,
                                       RunMonitor& monitor);

// Biased ALS on the stars. Stages kTrainRating and kEvaluateRating.
Result<TrainedModel> TrainRatingModel(const models::RatingMatrix& ratings, std::int64_t seed,
                                      const TrainingSettings& settings,
                                      const std::optional<models::ServedModel>& champion,
                                      RunMonitor& monitor);

}  // namespace marquee::trainer
