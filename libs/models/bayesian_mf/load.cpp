#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "models/algorithm.h"
#include "models/bayesian_mf/fold_in.h"
#include "models/bayesian_mf/star_habit.h"
#include "models/top_n.h"

namespace marquee::models::bayesian_mf {
namespace {

class BayesianProfile final : public Profile {
 public:
  BayesianProfile(const ItemPosterior& items, const StarHabits& habits,
                  std::span<const RatedItem> history)
      : items_(items), history_(history), user_(items, history), habit_(habits, history) {}

  void AddScores(float weight, std::span<float> scores) const override {
    for (size_t item = 0; item < scores.size(); ++item)
      scores[item] += weight * Score(static_cast<int32_t>(item));
  }
  float Score(int32_t item) const override {
    return std::clamp(static_cast<float>(user_.Mean(item)), kLowestRating, kHighestRating);
  }
  void AddShares(int32_t item, float weight, std::span<float> shares) const override {
    user_.AddShares(item, history_, weight, shares);
  }
  std::optional<Predictive> Predict(int32_t item) const override {
    Predictive predictive{.mean = user_.Mean(item),
                          .standard_deviation = std::sqrt(user_.Variance(item))};
    predictive.distribution =
        habit_.Apply(RoundedNormal(predictive.mean, predictive.standard_deviation));
    return predictive;
  }

 private:
  const ItemPosterior& items_;
  std::span<const RatedItem> history_;
  UserPosterior user_;
  StarHabit habit_;
};

class BayesianScorer final : public Scorer {
 public:
  BayesianScorer(ItemPosterior items, const StarHabits& habits)
      : items_(std::move(items)), habits_(habits), likeness_(items_.item_factors) {}

  std::unique_ptr<const Profile> Read(std::span<const RatedItem> history) const override {
    return std::make_unique<BayesianProfile>(items_, habits_, history);
  }
  std::vector<ScoredItem> Similar(int32_t item, int n, const ItemFilter& filter) const override {
    return likeness_.To(item, n, filter);
  }

 private:
  ItemPosterior items_;
  StarHabits habits_;
  Likeness likeness_;
};

Result<double> Positive(const Parameters& parameters, std::string_view name) {
  ASSIGN_OR_RETURN(const float number, parameters.Number(name));
  if (!(number > 0) || !std::isfinite(number))
    return Unfit("number '" + std::string(name) + "' isn't above 0");
  return static_cast<double>(number);
}

Status CheckNotNegative(std::span<const float> values, std::string_view name) {
  if (std::all_of(values.begin(), values.end(), [](float value) { return value >= 0; })) return {};
  return Unfit("tensor '" + std::string(name) + "' has a value below 0");
}

Result<StarHabits> ReadHabits(const Parameters& parameters) {
  StarHabits habits{.shares = {}};
  ASSIGN_OR_RETURN(const float mean, parameters.Number("bayesian_mf.mean"));
  ASSIGN_OR_RETURN(habits.variance, Positive(parameters, "bayesian_mf.variance"));
  ASSIGN_OR_RETURN(const auto shares, parameters.Vector("bayesian_mf.star_habits", kStarValues));
  RETURN_IF_ERROR(CheckNotNegative(shares, "bayesian_mf.star_habits"));
  habits.mean = static_cast<double>(mean);
  std::copy(shares.begin(), shares.end(), habits.shares.begin());
  return habits;
}

}  // namespace

Result<std::shared_ptr<const Scorer>> Load(const Parameters& parameters, int32_t items) {
  const auto count = static_cast<size_t>(items);
  ItemPosterior posterior;
  ASSIGN_OR_RETURN(posterior.mean, parameters.Number("bayesian_mf.mean"));
  ASSIGN_OR_RETURN(posterior.item_bias, parameters.Vector("bayesian_mf.item_bias", count));
  ASSIGN_OR_RETURN(posterior.item_factors, parameters.Matrix("bayesian_mf.item_factors", items));
  ASSIGN_OR_RETURN(posterior.item_bias_variance,
                   parameters.Vector("bayesian_mf.item_bias_variance", count));
  ASSIGN_OR_RETURN(posterior.item_factor_variances,
                   parameters.Matrix("bayesian_mf.item_factor_variances", items));
  const auto size = static_cast<size_t>(posterior.item_factors.columns) + 1;
  if (posterior.item_factor_variances.columns != posterior.item_factors.columns)
    return Unfit("'bayesian_mf.item_factor_variances' has not the columns of 'item_factors'");
  ASSIGN_OR_RETURN(posterior.new_item_mean, parameters.Vector("bayesian_mf.new_item_mean", size));
  ASSIGN_OR_RETURN(posterior.new_item_variances,
                   parameters.Vector("bayesian_mf.new_item_variances", size));
  RETURN_IF_ERROR(CheckNotNegative(posterior.item_bias_variance, "bayesian_mf.item_bias_variance"));
  RETURN_IF_ERROR(CheckNotNegative(posterior.item_factor_variances.values(),
                                   "bayesian_mf.item_factor_variances"));
  RETURN_IF_ERROR(CheckNotNegative(posterior.new_item_variances, "bayesian_mf.new_item_variances"));
  ASSIGN_OR_RETURN(const auto mean, parameters.Vector("bayesian_mf.user_mean", size));
  ASSIGN_OR_RETURN(const auto precision,
                   parameters.Matrix("bayesian_mf.user_precision", static_cast<int32_t>(size)));
  if (static_cast<size_t>(precision.columns) != size)
    return Unfit("'bayesian_mf.user_precision' isn't square");
  const auto order = static_cast<Eigen::Index>(size);
  posterior.user_mean = Eigen::Map<const Eigen::VectorXf>(mean.data(), order).cast<double>();
  const Eigen::MatrixXd full =
      Eigen::Map<const Eigen::MatrixXf>(precision.data, order, order).cast<double>();
  posterior.user_precision = (full + full.transpose()) / 2;  // rounding leaves it asymmetric
  if (posterior.user_precision.llt().info() != Eigen::Success)
    return Unfit("'bayesian_mf.user_precision' isn't positive definite");
  ASSIGN_OR_RETURN(posterior.noise_precision, Positive(parameters, "bayesian_mf.noise_precision"));
  ASSIGN_OR_RETURN(posterior.noise_shape, Positive(parameters, "bayesian_mf.noise_shape"));
  ASSIGN_OR_RETURN(const StarHabits habits, ReadHabits(parameters));
  return std::shared_ptr<const Scorer>(
      std::make_shared<BayesianScorer>(std::move(posterior), habits));
}

}  // namespace marquee::models::bayesian_mf
