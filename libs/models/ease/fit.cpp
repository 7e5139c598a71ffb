#include <cmath>

#include "models/confidence.h"
#include "models/content.h"
#include "models/ease/ease.h"
#include "models/fitting.h"

namespace marquee::models::ease {

// λ = 200·(users/610)^(1/6); see libs/models/README.md.
Result<std::vector<Option>> Options(const RatingMatrix& ratings) {
  const EaseOptions defaults;
  RETURN_IF_ERROR(CheckSize(ratings, defaults));
  const double regularization = 200 * std::pow(ratings.users() / 610.0, 1.0 / 6);
  return std::vector<Option>{
      {"ease.regularization", regularization, 1e-9, 1e9, {}, 2},
      {"ease.min_item_count", static_cast<double>(defaults.min_item_count), 1, 1e6, {1}},
      {"ease.neighbours", static_cast<double>(defaults.neighbours), 1, 1e5},
      {"ease.confidence_slope", ConfidenceRule().slope, 0, 1, {0.1, 0.3, 0.4}},
      {"ease.confidence_floor", ConfidenceRule().floor, 1e-9, 1},
      {"ease.aversion", kAversion, 0, 10},
      {"ease.side_weight", 10, 0, 1e6},
      {"ease.weight", 1, 0, 1e6}};
}

namespace {

// What a fit is made of.
struct Prepared {
  ConfidenceRule rule;
  Features content;  // viewed by the options
  EaseOptions ease;

  Prepared(const RatingMatrix& ratings, const OptionValues& options, const Fitting& fitting)
      : rule(ConfidenceOf(options, "ease", MeanRating(ratings))),
        content(
            ContentFeatures(fitting.content ? *fitting.content : Content{}, ratings.item_ids())) {
    ease.regularization = static_cast<float>(options.at("ease.regularization"));
    ease.min_item_count = static_cast<int>(options.at("ease.min_item_count"));
    ease.neighbours = static_cast<int>(options.at("ease.neighbours"));
    ease.side = content.view();
    if (content.columns > 0) ease.side_weight = static_cast<float>(options.at("ease.side_weight"));
    ease.threads = fitting.threads;
    ease.proceed = [&fitting] { return fitting.Report(0.5); };
  }
};

}  // namespace

Result<Parameters> Fit(const RatingMatrix& ratings, const OptionValues& options,
                       const Fitting& fitting) {
  const Prepared prepared(ratings, options, fitting);
  ASSIGN_OR_RETURN(EaseModel trained, TrainEase(prepared.rule.Observe(ratings), prepared.ease));
  if (!fitting.Report(1)) {
    return Error::Cancelled("training_cancelled", "The training was cancelled.");
  }
  return ItemToItemParameters(std::move(trained), "ease", prepared.rule);
}

Result<std::vector<float>> FitScores(const RatingMatrix& ratings, const OptionValues& options,
                                     const Fitting& fitting,
                                     std::span<const std::vector<RatedItem>> histories) {
  const Prepared prepared(ratings, options, fitting);
  std::vector<std::vector<Observation>> observed;
  for (const auto& history : histories) observed.push_back(prepared.rule.Observe(history));
  return ScoreByEase(prepared.rule.Observe(ratings), prepared.ease, observed);
}

}  // namespace marquee::models::ease
