#include <algorithm>
#include <cmath>

#include "models/confidence.h"
#include "models/fitting.h"
#include "models/ials/ials.h"

namespace marquee::models::ials {

// How the starts were found is in libs/models/README.md. With density d = ratings / (users·items):
// w0 = (d/1.7 %)² within 0.1 … 1, λ = 0.0033·w0·√(users·items).
Result<std::vector<Option>> Options(const RatingMatrix& ratings) {
  const double cells = std::max(1.0, static_cast<double>(ratings.users()) * ratings.items());
  const double density = static_cast<double>(ratings.nonzeros()) / cells;
  const double weight = std::clamp(std::pow(density / 0.017, 2), 0.1, 1.0);
  const double regularization = 0.0033 * weight * std::sqrt(cells);
  return std::vector<Option>{
      {"ials.factors", 64, 1, 1'024},
      {"ials.iterations", 16, 1, 10'000},
      {"ials.regularization", regularization, 1e-9, 1e9, {}, 2},
      {"ials.regularization_exponent", 1, 0, 1},
      {"ials.unobserved_weight", weight, 1e-9, 1e9, {weight * 0.3}},
      {"ials.alpha", 1, 1e-9, 1e9},
      // Where memory bounds the speed.
      {"ials.half_precision", ratings.nonzeros() > 5'000'000 ? 1.0 : 0.0, 0, 1},
      {"ials.confidence_slope", ConfidenceRule().slope, 0, 1, {0.1, 0.4}},
      {"ials.confidence_floor", ConfidenceRule().floor, 1e-9, 1},
      {"ials.aversion", kAversion, 0, 10},
      {"ials.weight", 0.5, 0, 1e6, {0, 0.125, 0.25, 1, 2, 8}}};
}

Result<Parameters> Fit(const RatingMatrix& ratings, const OptionValues& options,
                       const Fitting& fitting) {
  const auto number = [&](const char* name) { return static_cast<float>(options.at(name)); };
  const ConfidenceRule rule = ConfidenceOf(options, "ials", MeanRating(ratings));
  IalsOptions ials;
  ials.factors = static_cast<int>(options.at("ials.factors"));
  ials.iterations = static_cast<int>(options.at("ials.iterations"));
  ials.regularization = number("ials.regularization");
  ials.regularization_exponent = number("ials.regularization_exponent");
  ials.unobserved_weight = number("ials.unobserved_weight");
  ials.alpha = number("ials.alpha");
  ials.half_precision = options.at("ials.half_precision") > 0;
  ials.seed = fitting.seed;
  ials.threads = fitting.threads;
  ials.progress = [&](const IalsProgress& progress) {
    return fitting.Report(static_cast<double>(progress.iteration) / progress.iterations);
  };
  ASSIGN_OR_RETURN(IalsModel trained, TrainIals(rule.Observe(ratings), ials));
  trained.user_factors = {};  // users are folded in
  Parameters parameters;
  const IalsModel& model = parameters.Keep(std::move(trained));
  parameters.Add("ials.item_factors", model.items());
  parameters.Add("ials.item_gram",
                 MatrixView{model.item_gram.data(), model.factors, model.factors});
  parameters.numbers = {{"ials.alpha", ials.alpha},
                        {"ials.unobserved_weight", ials.unobserved_weight},
                        {"ials.regularization", ials.regularization},
                        {"ials.regularization_exponent", ials.regularization_exponent}};
  rule.AddTo(parameters, "ials");
  return parameters;
}

}  // namespace marquee::models::ials
