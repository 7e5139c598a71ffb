#include "models/biased_als/biased_als.h"
#include "models/fitting.h"

namespace marquee::models::biased_als {

Result<std::vector<Option>> Options(const RatingMatrix&) {
  const BiasedAlsOptions defaults;
  const double regularization = defaults.regularization;
  return std::vector<Option>{
      {"biased_als.factors", static_cast<double>(defaults.factors), 0, 1'024, {16, 64}},
      {"biased_als.iterations", static_cast<double>(defaults.iterations), 1, 10'000},
      {"biased_als.regularization",
       regularization,
       1e-9,
       1e9,
       {regularization / 2, regularization * 2}},
      {"biased_als.item_damping", defaults.item_damping, 0, 1e6, {2, 10}},
      {"biased_als.user_damping", defaults.user_damping, 0, 1e6, {2, 10}},
      {"biased_als.weight", 1, 0, 1e6}};
}

Result<Parameters> Fit(const RatingMatrix& ratings, const OptionValues& options,
                       const Fitting& fitting) {
  const auto number = [&](const char* name) { return static_cast<float>(options.at(name)); };
  BiasedAlsOptions als;
  als.factors = static_cast<int>(options.at("biased_als.factors"));
  als.iterations = static_cast<int>(options.at("biased_als.iterations"));
  als.regularization = number("biased_als.regularization");
  als.item_damping = number("biased_als.item_damping");
  als.user_damping = number("biased_als.user_damping");
  als.seed = fitting.seed;
  als.threads = fitting.threads;
  als.progress = [&](int iteration, double, double) {
    return fitting.Report(static_cast<double>(iteration) / als.iterations);
  };
  ASSIGN_OR_RETURN(BiasedAlsModel trained, TrainBiasedAls(ratings, als));
  trained.user_bias = {};  // users are folded in
  trained.user_factors = {};
  Parameters parameters;
  const BiasedAlsModel& model = parameters.Keep(std::move(trained));
  parameters.Add("biased_als.global_mean", std::span<const float>(&model.global_mean, 1));
  parameters.Add("biased_als.item_bias", std::span<const float>(model.item_bias));
  if (model.factors > 0) parameters.Add("biased_als.item_factors", model.items());
  parameters.numbers = {{"biased_als.regularization", model.fold_in.regularization},
                        {"biased_als.user_damping", model.fold_in.user_damping}};
  return parameters;
}

}  // namespace marquee::models::biased_als
