#include "models/bayesian_mf/fold_in.h"

#include <algorithm>

namespace marquee::models::bayesian_mf {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

Eigen::Map<const Eigen::VectorXf> View(std::span<const float> values) {
  return {values.data(), static_cast<Index>(values.size())};
}

double Bias(const ItemPosterior& items, int32_t item) {
  const float bias =
      items.Knows(item) ? items.item_bias[static_cast<size_t>(item)] : items.new_item_mean[0];
  return static_cast<double>(bias);
}

// x = (1, q).
VectorXd Input(const ItemPosterior& items, int32_t item) {
  VectorXd input(items.user_mean.size());
  input[0] = 1;
  input.tail(input.size() - 1) =
      View(items.Knows(item) ? items.item_factors.Row(item) : items.new_item_mean.subspan(1))
          .cast<double>();
  return input;
}

// Of the bias and of q.
VectorXd Variances(const ItemPosterior& items, int32_t item) {
  if (!items.Knows(item)) return View(items.new_item_variances).cast<double>();
  VectorXd variances(items.user_mean.size());
  variances[0] = static_cast<double>(items.item_bias_variance[static_cast<size_t>(item)]);
  variances.tail(variances.size() - 1) = View(items.item_factor_variances.Row(item)).cast<double>();
  return variances;
}

}  // namespace

UserPosterior::UserPosterior(const ItemPosterior& items, std::span<const RatedItem> history)
    : items_(items) {
  const Index size = items.user_mean.size();
  const Index k = size - 1;
  MatrixXd inputs(size, static_cast<Index>(history.size()));
  VectorXd targets(static_cast<Index>(history.size()));
  VectorXd variances = VectorXd::Zero(size);
  Index n = 0;
  for (const RatedItem& rated : history) {
    if (!items.Knows(rated.item)) continue;
    // No vectors of their own: this is where a long history's time goes.
    inputs(0, n) = 1;
    inputs.col(n).tail(k) = View(items.item_factors.Row(rated.item)).cast<double>();
    variances[0] += static_cast<double>(items.item_bias_variance[static_cast<size_t>(rated.item)]);
    variances.tail(k) += View(items.item_factor_variances.Row(rated.item)).cast<double>();
    targets[n++] = static_cast<double>(rated.rating) - static_cast<double>(items.mean) -
                   Bias(items, rated.item);
  }
  const auto x = inputs.leftCols(n);
  const auto t = targets.head(n);
  MatrixXd outer = MatrixXd::Zero(size, size);  // Σ x·xᵀ
  outer.selfadjointView<Eigen::Lower>().rankUpdate(x);
  outer.triangularView<Eigen::StrictlyUpper>() = outer.transpose();
  MatrixXd gram = outer;  // and V
  gram.diagonal().tail(k) += variances.tail(k);
  const VectorXd right = x * t;
  const VectorXd prior = items.user_precision * items.user_mean;
  // a ~ Gamma(shape, rate): its mean shape/rate, that of 1/a rate/(shape − 1).
  const double shape = items.noise_shape + 0.5 * static_cast<double>(n);
  double rate = shape / items.noise_precision;
  const auto estimate_noise = [&] {
    constexpr double kLeastBelow = 0.5;  // of a shape of almost 1 or less there is no such mean
    precision_ = std::min(kMostPrecise, shape / rate);
    noise_variance_ = shape / std::max(kLeastBelow, shape - 1) / precision_;
  };
  estimate_noise();
  constexpr int kEstimates = 2;
  for (int estimate = 0;; ++estimate) {
    factor_.compute(items.user_precision + precision_ * gram);
    vector_ = factor_.solve(prior + precision_ * right);
    if (estimate == kEstimates || n == 0) return;
    // What z leaves, and what its own and the movies' uncertainty add.
    const double left = t.squaredNorm() - 2 * vector_.dot(right) + vector_.dot(outer * vector_);
    const double own = factor_.solve(outer).trace();
    const double theirs = variances[0] + variances.tail(k).dot(vector_.tail(k).cwiseAbs2());
    rate = items.noise_shape / items.noise_precision + 0.5 * (std::max(0.0, left) + own + theirs);
    estimate_noise();
  }
}

double UserPosterior::Mean(int32_t item) const {
  return static_cast<double>(items_.mean) + Bias(items_, item) + vector_.dot(Input(items_, item));
}

double UserPosterior::Variance(int32_t item) const {
  const VectorXd input = Input(items_, item);
  const VectorXd variances = Variances(items_, item);
  const Index k = input.size() - 1;
  return input.dot(factor_.solve(input)) + variances[0] +
         variances.tail(k).dot(vector_.tail(k).cwiseAbs2()) + noise_variance_;
}

void UserPosterior::AddShares(int32_t item, std::span<const RatedItem> history, float weight,
                              std::span<float> shares) const {
  // z − m = A⁻¹·a·Σ(x_j·(t_j − x_j·m) − V_j·m)
  const VectorXd influence = precision_ * factor_.solve(Input(items_, item));
  const Index k = influence.size() - 1;
  const VectorXd shrinkage = influence.tail(k).cwiseProduct(items_.user_mean.tail(k));
  for (size_t j = 0; j < history.size(); ++j) {
    if (!items_.Knows(history[j].item)) continue;
    const VectorXd input = Input(items_, history[j].item);
    const double surprise = static_cast<double>(history[j].rating) -
                            static_cast<double>(items_.mean) - Bias(items_, history[j].item) -
                            input.dot(items_.user_mean);
    const double share =
        influence.dot(input) * surprise - Variances(items_, history[j].item).tail(k).dot(shrinkage);
    shares[j] += weight * static_cast<float>(share);
  }
}

}  // namespace marquee::models::bayesian_mf
