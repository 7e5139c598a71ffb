#include <cmath>

#include "models/confidence.h"
#include "models/ease/ease.h"
#include "models/fitting.h"

namespace marquee::models::ease {

// λ = 200·(users/610)^(1/6); see libs/models/README.md.
Result<std::vector<Option>> Options(const RatingMatrix& ratings) {
  const EaseOptions defaults;
  RETURN_IF_ERROR(CheckSize(ratings, defaults));
  const double regularization = 200 * std::pow(ratings.users() / 610.0, 1.0 / 6);
  return std::vector<Option>{
      {"ease.regularization",
       regularization,
       1e-9,
       1e9,
       {regularization / 2, regularization * 2, regularization * 4}},
      {"ease.min_item_count", static_cast<double>(defaults.min_item_count), 1, 1e6},
      {"ease.neighbours", static_cast<double>(defaults.neighbours), 1, 1e5, {200, 800}},
      {"ease.confidence_slope", ConfidenceRule().slope, 0, 1, {0, 0.1}},
      {"ease.confidence_floor", ConfidenceRule().floor, 1e-9, 1},
      {"ease.weight", 2, 0, 1e6, {1, 4, 8}}};
}

Result<Parameters> Fit(const RatingMatrix& ratings, const OptionValues& options,
                       const Fitting& fitting) {
  const auto number = [&](const char* name) { return static_cast<float>(options.at(name)); };
  const ConfidenceRule rule = ConfidenceOf(options, "ease");
  EaseOptions ease;
  ease.regularization = number("ease.regularization");
  ease.min_item_count = static_cast<int>(options.at("ease.min_item_count"));
  ease.neighbours = static_cast<int>(options.at("ease.neighbours"));
  ease.threads = fitting.threads;
  ease.proceed = [&] { return fitting.Report(0.5); };
  ASSIGN_OR_RETURN(EaseModel trained, TrainEase(rule.Observe(ratings), ease));
  if (!fitting.Report(1)) {
    return Error::Cancelled("training_cancelled", "The training was cancelled.");
  }
  return ItemToItemParameters(std::move(trained), "ease", rule);
}

}  // namespace marquee::models::ease
