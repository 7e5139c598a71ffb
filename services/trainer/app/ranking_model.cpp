#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "models/evaluation.h"
#include "trainer/app/split.h"
#include "trainer/app/trained_model.h"

namespace marquee::trainer {
namespace {

using models::HeldOutUser;
using models::RankFunction;
using models::RankingMetrics;
using models::RatingMatrix;

models::TrainingOptions Options(const RatingMatrix& ratings, const Hyperparameters& asked,
                                const TrainingSettings& settings) {
  auto options = models::DefaultTrainingOptions(ratings);
  options.algorithm = settings.algorithm;
  options.threads = settings.threads;
  options.train_ratings = false;
  if (asked.factors > 0) options.ials.factors = asked.factors;
  if (asked.iterations > 0) options.ials.iterations = asked.iterations;
  if (asked.regularization > 0)
    options.ials.regularization = static_cast<float>(asked.regularization);
  if (asked.alpha > 0) options.ials.alpha = static_cast<float>(asked.alpha);
  if (asked.seed != 0) options.seed = static_cast<std::uint64_t>(asked.seed);
  return options;
}

Hyperparameters Effective(const models::TrainingOptions& options) {
  return {.factors = options.ials.factors,
          .iterations = options.ials.iterations,
          .regularization = options.ials.regularization,
          .alpha = options.ials.alpha,
          .seed = static_cast<std::int64_t>(options.seed)};
}

std::map<std::string, double> Describe(const models::TrainingOptions& options,
                                       const models::ServedModel& model) {
  std::map<std::string, double> described = {{"confidence_slope", options.confidence.slope},
                                             {"confidence_floor", options.confidence.floor}};
  if (!model.item_factors.empty()) {
    described.insert({{"factors", options.ials.factors},
                      {"iterations", options.ials.iterations},
                      {"regularization", options.ials.regularization},
                      {"regularization_exponent", options.ials.regularization_exponent},
                      {"unobserved_weight", options.ials.unobserved_weight},
                      {"alpha", options.ials.alpha}});
  }
  if (!model.ease.empty()) {
    described.insert({{"ease_regularization", options.ease.regularization},
                      {"ease_neighbours", options.ease.neighbours},
                      {"ease_weight", model.ease_weight}});
  }
  return described;
}

// Trains with the progress of [from, from + share] of the stage.
Result<models::ServedModel> TrainPart(const RatingMatrix& ratings, models::TrainingOptions options,
                                      double from, double share, RunMonitor& monitor) {
  options.progress = [&](const models::TrainingProgress& progress) {
    const double done =
        progress.steps > 0 ? static_cast<double>(progress.step) / progress.steps : 0;
    return monitor.Report(Stage::kTrainRanking, from + share * done);
  };
  auto model = models::Train(ratings, options);
  RETURN_IF_ERROR(monitor.CheckCancelled());
  return model;
}

RankFunction RankBy(std::shared_ptr<const models::Ranker> ranker) {
  return [ranker = std::move(ranker)](std::span<const models::RatedItem> given, int n) {
    return ranker->Recommend(given, n);
  };
}

// A model with a catalogue of its own, among the movies that this matrix has.
RankFunction RankByOther(std::shared_ptr<const models::Ranker> ranker, const RatingMatrix& matrix) {
  std::vector<std::int32_t> theirs(static_cast<std::size_t>(matrix.items()), -1);
  std::vector<std::int32_t> ours(static_cast<std::size_t>(ranker->items()), -1);
  models::ItemSet shared(ranker->items());
  for (std::int32_t item = 0; item < matrix.items(); ++item) {
    const auto other = ranker->IndexOf(matrix.item_ids()[static_cast<std::size_t>(item)]);
    if (!other) continue;
    theirs[static_cast<std::size_t>(item)] = *other;
    ours[static_cast<std::size_t>(*other)] = item;
    shared.Add(*other);
  }
  return [ranker = std::move(ranker), theirs = std::move(theirs), ours = std::move(ours),
          shared = std::move(shared)](std::span<const models::RatedItem> given, int n) {
    std::vector<models::RatedItem> known;
    for (const auto& [item, rating] : given) {
      if (const auto other = theirs[static_cast<std::size_t>(item)]; other >= 0)
        known.push_back({other, rating});
    }
    auto ranked = ranker->Recommend(known, n, {.allowed = shared.words(), .excluded = {}});
    for (auto& scored : ranked) scored.item = ours[static_cast<std::size_t>(scored.item)];
    return ranked;
  };
}

void Record(const std::string& prefix, const RankingMetrics& from,
            std::map<std::string, double>& metrics) {
  metrics[prefix + "recall_at_20"] = from.recall_at_20;
  metrics[prefix + "recall_at_50"] = from.recall_at_50;
  metrics[prefix + "ndcg_at_100"] = from.ndcg_at_100;
  metrics[prefix + "precision_at_10"] = from.precision_at_10;
  metrics[prefix + "map_at_10"] = from.map_at_10;
  metrics[prefix + "coverage"] = from.coverage;
}

// Judges models on the same users; each takes `share` of the stage.
class Judge {
 public:
  Judge(const models::UserSplit& split, const TrainingSettings& settings, double share,
        RunMonitor& monitor)
      : split_(split), threads_(settings.threads), share_(share), monitor_(monitor) {}

  RankingMetrics Evaluate(const RankFunction& rank) {
    std::atomic<std::size_t> done = 0;
    const auto users = static_cast<double>(split_.held_out.size());
    const auto metrics = models::EvaluateRanking(
        split_.held_out, split_.train.items(),
        [&](std::span<const models::RatedItem> given, int n) {
          const double within = static_cast<double>(done.fetch_add(1)) / users;
          if (!monitor_.Report(Stage::kEvaluateRanking, from_ + share_ * within))
            return std::vector<models::ScoredItem>{};
          return rank(given, n);
        },
        threads_);
    from_ += share_;
    return metrics;
  }

 private:
  const models::UserSplit& split_;
  int threads_;
  double share_;
  RunMonitor& monitor_;
  double from_ = 0;
};

}  // namespace

Result<TrainedModel> TrainRankingModel(const RatingMatrix& ratings, const Hyperparameters& asked,
                                       Hyperparameters& effective, const TrainingSettings& settings,
                                       const std::optional<models::ServedModel>& champion,
                                       RunMonitor& monitor) {
  monitor.Report(Stage::kTrainRanking, 0);
  const auto options = Options(ratings, asked, settings);
  effective = Effective(options);
  TrainedModel model;
  {
    const auto split = HoldOutUsers(ratings, settings.split_seed);
    if (split.held_out.empty() || split.train.nonzeros() == 0)
      return Error::FailedPrecondition(kNotEnoughRatings,
                                       "Nobody has rated two movies: no user can be held out.");
    ASSIGN_OR_RETURN(model.evaluation, TrainPart(split.train, options, 0, 0.5, monitor));
    ASSIGN_OR_RETURN(model.served, TrainPart(ratings, options, 0.5, 0.5, monitor));

    Judge judge(split, settings, champion ? 1.0 / 3 : 1.0 / 2, monitor);
    ASSIGN_OR_RETURN(auto ranker, models::Ranker::Make(model.evaluation));
    Record("", judge.Evaluate(RankBy(std::move(ranker))), model.metrics);
    Record("popularity.", judge.Evaluate(models::PopularityBaseline(split.train)), model.metrics);
    if (champion) {
      ASSIGN_OR_RETURN(auto other, models::Ranker::Make(*champion));
      Record("champion.", judge.Evaluate(RankByOther(std::move(other), ratings)), model.metrics);
    }
    model.metrics["held_out_users"] = static_cast<double>(split.held_out.size());
  }
  RETURN_IF_ERROR(monitor.CheckCancelled());
  model.algorithm = model.served.algorithm;
  model.hyperparameters = Describe(options, model.served);
  return model;
}

}  // namespace marquee::trainer
