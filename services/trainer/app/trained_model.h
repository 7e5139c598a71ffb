// What training a task's model gives, and how: the same steps for all. Search options and train on the part that
// isn't held out, judge that against the baseline and the champion, train on everything.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "models/fitting.h"
#include "models/search.h"
#include "trainer/app/run_monitor.h"
#include "trainer/domain/run.h"

namespace marquee::trainer {

struct TrainingOptions {
  // By task; a task that isn't there is trained by "auto" (models/registry.h).
  std::map<std::string, std::string, std::less<>> algorithms = {};
  int threads = 0;  // 0: all cores
  // On what isn't held out, of the options that nobody asked for; found once, for both fits.
  models::SearchOptions search = {};
  std::uint64_t split_seed = 1;  // the same for all runs, or champions can't be compared
};

struct TrainedModel {
  models::Model served;      // trained on everything
  models::Model evaluation;  // trained without the held-out part
  // By their names without the model's: "ndcg_at_100", "popularity.ndcg_at_100",
  // "champion.ndcg_at_100", …, with how much better than the champion it is and how sure that is
  // (GainOver); what the algorithm measured of itself when the served model was fitted, last:
  // "convergence.bayesian_mf.held_out_rmse", "convergence.….steps"; and every trial of the search:
  // "search.07.ease.regularization", "search.07.objective", "search.best.objective".
  std::map<std::string, double> metrics;
  models::OptionValues options;  // that it was fitted with
};

// `hyperparameters`, which are the ranking model's, gets what a 0 in it stood for. `champion`: its
// evaluation model, when there is one. `content`: of the movies. Stages TrainingOf and JudgingOf the task.
// FailedPrecondition "not_enough_ratings" when nothing can be held out.
Result<TrainedModel> TrainModel(const models::Task& task, const models::RatingMatrix& ratings,
                                Hyperparameters& hyperparameters, const TrainingOptions& options,
                                std::shared_ptr<const models::Ranker> champion,
                                std::shared_ptr<const models::Content> content,
                                RunMonitor& monitor);

}  // namespace marquee::trainer
