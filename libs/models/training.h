// Training of everything that is served, in one call: what the trainer runs and `evaluate`
// measures. Library marquee_training (which needs OpenBLAS); serving needs only marquee_models.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "models/biased_als.h"
#include "models/ease.h"
#include "models/ials.h"
#include "models/ranker.h"
#include "models/rating_matrix.h"

namespace marquee::models {

enum class RankingAlgorithm {
  kAuto,  // iALS + EASE where the catalogue allows (EaseOptions::max_items), else iALS
  kIals,
  kEase,
  kIalsEase,  // both scores added; FailedPrecondition where EASE is too large
};
std::string_view Name(RankingAlgorithm algorithm);  // "auto", "ials", "ease", "ials+ease"
Result<RankingAlgorithm> ParseRankingAlgorithm(std::string_view name);

struct TrainingProgress {
  std::string_view stage;  // "ials", "ease", "ratings"
  int step = 0;            // within the stage, from 1
  int steps = 0;
  double loss = 0;     // ials: loss for each observation; ratings: training RMSE; ease: 0
  double seconds = 0;  // since training began
};

struct TrainingOptions {
  RankingAlgorithm algorithm = RankingAlgorithm::kAuto;
  IalsOptions ials;  // its progress, seed and threads are overwritten by those here
  EaseOptions ease;
  BiasedAlsOptions ratings;
  ConfidenceRule confidence;
  float ease_weight = 2;
  bool train_ranking = true;  // iALS, EASE
  bool train_ratings = true;  // biased ALS; both in one ServedModel when both are asked for
  uint64_t seed = 1;
  int threads = 0;                                          // 0: all cores
  std::function<bool(const TrainingProgress&)> progress{};  // false cancels (Code::kCancelled)
};

// The defaults for data of this size; how they were found is in libs/models/README.md. With density
// d = ratings / (users·items): w0 = (d/1.7 %)² within 0.1 … 1, iALS's λ = 0.0033·w0·√(users·items),
// EASE's λ = 200·(users/610)^(1/6).
TrainingOptions DefaultTrainingOptions(const RatingMatrix& matrix);

// Trains on star ratings; with train_ratings alone the algorithm is "biased_als". The model's views
// are kept alive by its `storage`.
Result<ServedModel> Train(const RatingMatrix& ratings, const TrainingOptions& options);

}  // namespace marquee::models
