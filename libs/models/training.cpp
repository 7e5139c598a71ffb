#include "models/training.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace marquee::models {
namespace {

// What a freshly trained ServedModel views.
struct Storage {
  std::vector<int64_t> item_ids;
  IalsModel ials;
  EaseModel ease;
  BiasedAlsModel ratings;
  std::vector<float> popularity;
};

RatingMatrix WithConfidence(const RatingMatrix& ratings, const ConfidenceRule& rule) {
  SparseRows rows = ratings.by_user();
  for (float& value : rows.values) value = rule.Value(value);
  return RatingMatrix::FromRows(ratings.user_ids(), ratings.item_ids(), std::move(rows));
}

bool WantsIals(RankingAlgorithm algorithm) { return algorithm != RankingAlgorithm::kEase; }
bool WantsEase(RankingAlgorithm algorithm) { return algorithm != RankingAlgorithm::kIals; }

class Pipeline {
 public:
  explicit Pipeline(const TrainingOptions& options) : options_(options) {}

  bool Report(std::string_view stage, int step, int steps, double loss) const {
    if (!options_.progress) return true;
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
    return options_.progress({stage, step, steps, loss, elapsed.count()});
  }

  Status TrainIalsStage(const RatingMatrix& observations, Storage& storage) const {
    IalsOptions ials = options_.ials;
    ials.seed = options_.seed;
    ials.threads = options_.threads;
    ials.progress = [this](const IalsProgress& progress) {
      return Report("ials", progress.iteration, progress.iterations, progress.loss);
    };
    ASSIGN_OR_RETURN(storage.ials, TrainIals(observations, ials));
    return {};
  }

  // False: the catalogue is too large and the caller left the choice to us.
  Result<bool> TrainEaseStage(const RatingMatrix& observations, Storage& storage) const {
    EaseOptions ease = options_.ease;
    ease.threads = options_.threads;
    ease.proceed = [this] { return Report("ease", 1, 2, 0); };
    Result<EaseModel> model = TrainEase(observations, ease);
    if (!model.ok()) {
      const bool optional = options_.algorithm == RankingAlgorithm::kAuto &&
                            model.error().code == Code::kFailedPrecondition;
      if (optional) return false;
      return std::move(model).error();
    }
    storage.ease = std::move(*model);
    if (!Report("ease", 2, 2, 0)) {
      return Error::Cancelled("training_cancelled", "The training was cancelled.");
    }
    return true;
  }

  Status TrainRatingsStage(const RatingMatrix& ratings, Storage& storage) const {
    BiasedAlsOptions options = options_.ratings;
    options.seed = options_.seed;
    options.threads = options_.threads;
    options.progress = [this, &options](int iteration, double rmse, double) {
      return Report("ratings", iteration, options.iterations, rmse);
    };
    ASSIGN_OR_RETURN(storage.ratings, TrainBiasedAls(ratings, options));
    return {};
  }

 private:
  const TrainingOptions& options_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

std::string_view Name(RankingAlgorithm algorithm) {
  switch (algorithm) {
    case RankingAlgorithm::kAuto: return "auto";
    case RankingAlgorithm::kIals: return "ials";
    case RankingAlgorithm::kEase: return "ease";
    case RankingAlgorithm::kIalsEase: return "ials+ease";
  }
  return "";
}

Result<RankingAlgorithm> ParseRankingAlgorithm(std::string_view name) {
  for (const RankingAlgorithm algorithm : {RankingAlgorithm::kAuto, RankingAlgorithm::kIals,
                                           RankingAlgorithm::kEase, RankingAlgorithm::kIalsEase}) {
    if (Name(algorithm) == name) return algorithm;
  }
  return Error::InvalidArgument(
      "unknown_algorithm", "The algorithm must be auto, ials, ease or ials+ease.", "algorithm");
}

TrainingOptions DefaultTrainingOptions(const RatingMatrix& matrix) {
  TrainingOptions options;
  const auto users = static_cast<double>(matrix.users());
  const auto items = static_cast<double>(matrix.items());
  if (matrix.nonzeros() == 0) return options;
  const double density = static_cast<double>(matrix.nonzeros()) / (users * items);
  const double unobserved_weight = std::clamp(std::pow(density / 0.017, 2), 0.1, 1.0);
  options.ials.unobserved_weight = static_cast<float>(unobserved_weight);
  options.ials.regularization =
      static_cast<float>(0.0033 * unobserved_weight * std::sqrt(users * items));
  options.ials.half_precision = matrix.nonzeros() > 5'000'000;  // where memory bounds the speed
  options.ease.regularization = static_cast<float>(200 * std::pow(users / 610, 1.0 / 6));
  return options;
}

Result<ServedModel> Train(const RatingMatrix& ratings, const TrainingOptions& options) {
  if (!options.train_ranking && !options.train_ratings) {
    return Error::InvalidArgument("nothing_to_train", "Neither ranking nor ratings are asked for.");
  }
  const Pipeline pipeline(options);
  auto storage = std::make_shared<Storage>();
  RankingAlgorithm algorithm = options.algorithm;
  const bool ranking = options.train_ranking;
  const RatingMatrix observations =
      ranking ? WithConfidence(ratings, options.confidence) : RatingMatrix();
  if (ranking && WantsEase(algorithm)) {
    ASSIGN_OR_RETURN(const bool trained, pipeline.TrainEaseStage(observations, *storage));
    if (algorithm == RankingAlgorithm::kAuto) {
      algorithm = trained ? RankingAlgorithm::kIalsEase : RankingAlgorithm::kIals;
    }
  }
  if (ranking && WantsIals(algorithm))
    RETURN_IF_ERROR(pipeline.TrainIalsStage(observations, *storage));
  if (options.train_ratings) RETURN_IF_ERROR(pipeline.TrainRatingsStage(ratings, *storage));

  storage->item_ids = ratings.item_ids();
  for (int32_t item = 0; item < ratings.items(); ++item) {
    storage->popularity.push_back(static_cast<float>(ratings.by_item().RowSize(item)));
  }
  ServedModel model;
  model.algorithm = ranking ? Name(algorithm) : "biased_als";
  model.item_ids = storage->item_ids;
  model.item_popularity = storage->popularity;
  model.confidence = options.confidence;
  if (ranking && WantsIals(algorithm)) {
    model.item_factors = storage->ials.items();
    model.item_gram = storage->ials.item_gram;
    model.fold_in = storage->ials.fold_in;
  }
  if (ranking && WantsEase(algorithm)) {
    model.ease = storage->ease.view();
    model.ease_weight = algorithm == RankingAlgorithm::kEase ? 1 : options.ease_weight;
  }
  if (options.train_ratings) {
    model.global_mean = storage->ratings.global_mean;
    model.item_bias = storage->ratings.item_bias;
    if (storage->ratings.factors > 0) model.explicit_factors = storage->ratings.items();
    model.explicit_fold_in = storage->ratings.fold_in;
  }
  model.storage = std::move(storage);
  return model;
}

}  // namespace marquee::models
