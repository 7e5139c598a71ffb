#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/bayesian_mf/gibbs.h"
#include "models/bayesian_mf/star_habit.h"
#include "models/content.h"
#include "models/fitting.h"

namespace marquee::models::bayesian_mf {
namespace {

constexpr int kMostFactors = 16;
constexpr float kIalsLength = 2;
constexpr double kIalsShare = 0.05;  // of the whole fit, for who asks how far it is

// A few people or movies don't tell sixteen directions.
int FactorsFor(const RatingMatrix& ratings) {
  return std::clamp(std::min(ratings.users(), ratings.items()) / 8, 2, kMostFactors);
}

struct OwnedFeatures {
  int32_t columns = 0;
  std::vector<float> rows;     // [items, columns]
  std::vector<float> unknown;  // [columns]

  ItemFeatures view(int32_t items) const { return {{rows.data(), items, columns}, unknown}; }
};

// log(1 + raters) of each item and, at the end, of one that has none, standardised by the items.
std::vector<float> Popularity(const SparseRows& by_item) {
  std::vector<double> logs;
  for (int32_t item = 0; item < by_item.rows(); ++item)
    logs.push_back(std::log1p(static_cast<double>(by_item.RowSize(item))));
  const auto n = static_cast<double>(logs.size());
  const double mean = std::accumulate(logs.begin(), logs.end(), 0.0) / n;
  double squares = 0;
  for (const double one : logs) squares += (one - mean) * (one - mean);
  const double scale = squares > 0 ? std::sqrt(n / squares) : 1;
  logs.push_back(0);
  std::vector<float> standardised;
  for (const double one : logs) standardised.push_back(static_cast<float>((one - mean) * scale));
  return standardised;
}

// Genres and decades; who watches it, as the direction of iALS's vector of the same ratings; and how
// many.
Result<OwnedFeatures> MakeFeatures(const RatingMatrix& ratings, int factors,
                                   const Fitting& fitting) {
  const Features content =
      ContentFeatures(fitting.content ? *fitting.content : Content{}, ratings.item_ids());
  Fitting part = fitting;
  part.progress = [&](double done) { return fitting.Report(kIalsShare * done); };
  ASSIGN_OR_RETURN(const Model ials,
                   models::Fit("ials", ratings, {{"ials.factors", factors}}, part));
  ASSIGN_OR_RETURN(const MatrixView directions,
                   ials.parameters.Matrix("ials.item_factors", ratings.items()));
  const std::vector<float> popularity = Popularity(ratings.by_item());

  OwnedFeatures features;
  features.columns = content.columns + directions.columns + 1;
  for (int32_t item = 0; item < ratings.items(); ++item) {
    const auto own = content.view().Row(item);
    features.rows.insert(features.rows.end(), own.begin(), own.end());
    const auto direction = directions.Row(item);
    const float length =
        std::sqrt(std::inner_product(direction.begin(), direction.end(), direction.begin(), 0.0F));
    for (const float one : direction)
      features.rows.push_back(length > 0 ? kIalsLength * one / length : 0);
    features.rows.push_back(popularity[static_cast<size_t>(item)]);
  }
  // Of content that isn't known the mean; nobody watches it.
  features.unknown.assign(static_cast<size_t>(features.columns), 0);
  for (int32_t item = 0; item < ratings.items(); ++item) {
    for (int32_t c = 0; c < content.columns; ++c) {
      features.unknown[static_cast<size_t>(c)] +=
          content.view().Row(item)[static_cast<size_t>(c)] / static_cast<float>(ratings.items());
    }
  }
  features.unknown.back() = popularity.back();
  return features;
}

}  // namespace

Result<std::vector<Option>> Options(const RatingMatrix& ratings) {
  const GibbsOptions defaults;
  const double factors = FactorsFor(ratings);
  return std::vector<Option>{
      {"bayesian_mf.factors", factors, 1, 64, {factors / 2, factors * 2}},
      {"bayesian_mf.least_sweeps", static_cast<double>(defaults.least_sweeps), 2, 10'000},
      {"bayesian_mf.most_sweeps", static_cast<double>(defaults.most_sweeps), 2, 10'000},
      {"bayesian_mf.held_out_share", defaults.held_out_share, 0, 0.05},
      {"bayesian_mf.weight", 1, 0, 1e6}};
}

Result<Parameters> Fit(const RatingMatrix& ratings, const OptionValues& options,
                       const Fitting& fitting) {
  ASSIGN_OR_RETURN(const OwnedFeatures features,
                   MakeFeatures(ratings, FactorsFor(ratings), fitting));
  GibbsOptions gibbs;
  gibbs.factors = static_cast<int>(options.at("bayesian_mf.factors"));
  gibbs.least_sweeps = static_cast<int>(options.at("bayesian_mf.least_sweeps"));
  gibbs.most_sweeps = static_cast<int>(options.at("bayesian_mf.most_sweeps"));
  gibbs.held_out_share = options.at("bayesian_mf.held_out_share");
  gibbs.seed = fitting.seed;
  gibbs.threads = fitting.threads;
  gibbs.progress = [&](const SweepProgress& progress) {
    if (fitting.measured && progress.held_out_rmse > 0)
      fitting.measured({"bayesian_mf.held_out_rmse", progress.sweep, progress.held_out_rmse});
    const double done = static_cast<double>(progress.sweep) / progress.at_most;
    return fitting.Report(kIalsShare + (1 - kIalsShare) * done);
  };
  ASSIGN_OR_RETURN(Posterior sampled, Sample(ratings, features.view(ratings.items()), gibbs));
  const StarHabits habits = Measure(ratings);
  Parameters parameters;
  const Posterior& posterior = parameters.Keep(std::move(sampled));
  const auto& shares =
      parameters.Keep(std::vector<float>(habits.shares.begin(), habits.shares.end()));
  const auto vector = [&](const std::string& name, const std::vector<float>& values) {
    parameters.Add("bayesian_mf." + name, std::span<const float>(values));
  };
  const auto matrix = [&](const std::string& name, const std::vector<float>& values, int columns) {
    parameters.Add(
        "bayesian_mf." + name,
        MatrixView{values.data(), static_cast<int32_t>(values.size()) / columns, columns});
  };
  vector("item_bias", posterior.item_bias);
  matrix("item_factors", posterior.item_factors, posterior.factors);
  vector("item_bias_variance", posterior.item_bias_variance);
  matrix("item_factor_variances", posterior.item_factor_variances, posterior.factors);
  vector("new_item_mean", posterior.new_item_mean);
  vector("new_item_variances", posterior.new_item_variances);
  vector("user_mean", posterior.user_mean);
  matrix("user_precision", posterior.user_precision, posterior.factors + 1);
  vector("star_habits", shares);
  parameters.numbers = {{"bayesian_mf.mean", posterior.mean},
                        {"bayesian_mf.variance", static_cast<float>(habits.variance)},
                        {"bayesian_mf.noise_precision", posterior.noise_precision},
                        {"bayesian_mf.noise_shape", posterior.noise_shape}};
  return parameters;
}

}  // namespace marquee::models::bayesian_mf
