#include <memory>
#include <utility>
#include <vector>

#include "models/biased_als.h"
#include "models/evaluation.h"
#include "trainer/app/split.h"
#include "trainer/app/trained_model.h"

namespace marquee::trainer {
namespace {

using models::PredictFunction;
using models::RatingMatrix;

struct Storage {
  models::BiasedAlsModel model;
  std::vector<std::int64_t> item_ids;
};

Result<models::ServedModel> TrainPart(const RatingMatrix& ratings, models::BiasedAlsOptions options,
                                      double from, double share, RunMonitor& monitor) {
  options.progress = [&](int iteration, double, double) {
    return monitor.Report(Stage::kTrainRating, from + share * iteration / options.iterations);
  };
  auto trained = models::TrainBiasedAls(ratings, options);
  RETURN_IF_ERROR(monitor.CheckCancelled());
  if (!trained.ok()) return std::move(trained).error();
  auto storage = std::make_shared<Storage>(Storage{std::move(*trained), ratings.item_ids()});
  // Users are folded in: the model keeps none.
  storage->model.user_bias = {};
  storage->model.user_factors = {};
  models::ServedModel served;
  served.algorithm = "biased_als";
  served.item_ids = storage->item_ids;
  served.global_mean = storage->model.global_mean;
  served.item_bias = storage->model.item_bias;
  served.explicit_factors = storage->model.items();
  served.explicit_fold_in = storage->model.fold_in;
  served.storage = std::move(storage);
  return served;
}

// Predicts as the recommender will: by fold-in of what is left of the user's ratings.
// EvaluateRatings asks in the held-out ratings' order, by user, so the last user's solution is
// kept.
class FoldInPredictor {
 public:
  // `rows` holds what each user has rated, by our item indices; `item_ids` says which movies they
  // are.
  FoldInPredictor(const models::ServedModel& model, const RatingMatrix& train)
      : predictor_(model.global_mean, model.item_bias, model.explicit_factors,
                   model.explicit_fold_in),
        train_(train) {
    for (const auto id : train.item_ids())
      theirs_.push_back(models::IndexOf(model.item_ids, id).value_or(-1));
  }

  float operator()(std::int32_t user, std::int32_t item) {
    if (user != last_user_) {
      std::vector<models::RatedItem> history;
      const auto columns = train_.by_user().RowColumns(user);
      const auto values = train_.by_user().RowValues(user);
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (const auto other = theirs_[static_cast<std::size_t>(columns[i])]; other >= 0)
          history.push_back({other, values[i]});
      }
      folded_ = predictor_.FoldIn(history);
      last_user_ = user;
    }
    return predictor_.Predict(folded_, theirs_[static_cast<std::size_t>(item)]);
  }

 private:
  models::RatingPredictor predictor_;
  const RatingMatrix& train_;
  std::vector<std::int32_t> theirs_;
  std::int32_t last_user_ = -1;
  models::RatingPredictor::User folded_;
};

}  // namespace

Result<TrainedModel> TrainRatingModel(const RatingMatrix& ratings, std::int64_t seed,
                                      const TrainingSettings& settings,
                                      const std::optional<models::ServedModel>& champion,
                                      RunMonitor& monitor) {
  monitor.Report(Stage::kTrainRating, 0);
  auto options = models::DefaultTrainingOptions(ratings).ratings;
  options.threads = settings.threads;
  if (seed != 0) options.seed = static_cast<std::uint64_t>(seed);

  TrainedModel model;
  {
    const auto split = HoldOutRatings(ratings, settings.split_seed);
    if (split.held_out.empty() || split.train.nonzeros() == 0)
      return Error::FailedPrecondition(kNotEnoughRatings, "No rating could be held out.");
    ASSIGN_OR_RETURN(model.evaluation, TrainPart(split.train, options, 0, 0.5, monitor));
    ASSIGN_OR_RETURN(model.served, TrainPart(ratings, options, 0.5, 0.5, monitor));

    const double share = champion ? 1.0 / 3 : 1.0 / 2;
    double from = 0;
    const auto evaluate = [&](const std::string& prefix, PredictFunction predict) {
      std::size_t done = 0;
      const auto metrics =
          models::EvaluateRatings(split.held_out, [&](std::int32_t user, std::int32_t item) {
            const double within =
                static_cast<double>(done) / static_cast<double>(split.held_out.size());
            // Asking costs a lock: not for each of millions.
            if (done++ % 1024 == 0) monitor.Report(Stage::kEvaluateRating, from + share * within);
            return monitor.Cancelled() ? 0.0F : predict(user, item);
          });
      from += share;
      model.metrics[prefix + "rmse"] = metrics.rmse;
      model.metrics[prefix + "mae"] = metrics.mae;
    };
    evaluate("", FoldInPredictor(model.evaluation, split.train));
    evaluate("bias.", models::BiasBaseline(split.train));
    if (champion) evaluate("champion.", FoldInPredictor(*champion, split.train));
    model.metrics["held_out_ratings"] = static_cast<double>(split.held_out.size());
  }
  RETURN_IF_ERROR(monitor.CheckCancelled());
  model.algorithm = model.served.algorithm;
  model.hyperparameters = {{"factors", options.factors},
                           {"iterations", options.iterations},
                           {"regularization", options.regularization},
                           {"item_damping", options.item_damping},
                           {"user_damping", options.user_damping}};
  return model;
}

}  // namespace marquee::trainer
