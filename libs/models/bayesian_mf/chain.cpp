#include "models/bayesian_mf/chain.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/bayesian_mf/fold_in.h"

namespace marquee::models::bayesian_mf {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

MatrixXd Inverse(const MatrixXd& positive_definite) {
  const Index size = positive_definite.rows();
  return positive_definite.llt().solve(MatrixXd::Identity(size, size));
}

}  // namespace

Chain::Chain(const RatingMatrix& all, const RatingMatrix& train, const ItemFeatures& features,
             const GibbsOptions& options)
    : all_by_item_(all.by_item()),
      seed_(options.seed),
      threads_(ThreadCount(options.threads)),
      users_(train.by_user(), options.factors),
      items_(train.by_item(), options.factors),
      user_prior_(users_.size()),
      item_prior_(items_, features.rows),
      unknown_(Eigen::Map<const Eigen::VectorXf>(features.unknown.data(), features.rows.columns)
                   .cast<double>()) {
  const auto& values = all.by_user().values;
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0;
  for (const float value : values) squares += std::pow(static_cast<double>(value) - mean, 2);
  mean_ = static_cast<float>(mean);
  noise_.precision = std::min(kMostPrecise, count / std::max(squares, 1e-9));
  precision_.assign(static_cast<size_t>(users_.rows()), static_cast<float>(noise_.precision));

  constexpr double kStart = 0.1;  // small, and not 0, where factors would stay
  for (int32_t item = 0; item < items_.rows(); ++item) {
    Sampler sampler(seed_, 0, Site::kStart, item);
    VectorXd z = kStart * sampler.Normals(items_.size(), 1);
    z[0] = 0;
    items_.Set(item, z);
  }
  const Index size = items_.size();
  sums_.means = MatrixXd::Zero(size, items_.rows());
  sums_.draws = sums_.means;
  sums_.squares = sums_.means;
  sums_.new_item_mean = VectorXd::Zero(size);
  sums_.new_item_squares = VectorXd::Zero(size);
  sums_.new_item_variances = VectorXd::Zero(size);
  sums_.user_mean = VectorXd::Zero(size);
  sums_.user_covariance = MatrixXd::Zero(size, size);
}

void Chain::Sweep(int sweep, bool keep) {
  SampleUsers(sweep);
  double sum = 0;
  double logs = 0;
  for (int32_t user = 0; user < users_.rows(); ++user) {
    if (users_.ratings().RowSize(user) == 0) continue;
    const auto a = static_cast<double>(precision_[static_cast<size_t>(user)]);
    sum += a;
    logs += std::log(a);
  }
  Sampler noise(seed_, sweep, Site::kNoise);
  noise_.Sample(static_cast<double>(users_.rated()), sum, logs, noise);
  SampleItems(sweep, keep);
  Sampler users(seed_, sweep, Site::kUserPrior);
  user_prior_.Sample(users_, threads_, users);
  Sampler items(seed_, sweep, Site::kItemPrior);
  item_prior_.Sample(items_, threads_, items);
  if (keep) KeepPriors();
}

void Chain::SampleUsers(int sweep) {
  const VectorXd prior = user_prior_.precision * user_prior_.mean;
  users_.ForEachChunk(threads_, [&](size_t, int32_t first, int32_t end) {
    RowSums sums(items_);
    RowPosterior posterior;
    for (int32_t user = first; user < end; ++user) {
      const int64_t count = users_.ratings().RowSize(user);
      if (count == 0) continue;
      Sampler sampler(seed_, sweep, Site::kUsers, user);
      float& noise = precision_[static_cast<size_t>(user)];
      MatrixXd precision = user_prior_.precision;
      VectorXd right = prior;
      sums.Add(users_.ratings().RowColumns(user), users_.ratings().RowValues(user), mean_, {});
      sums.AddTo(static_cast<double>(noise), precision, right);
      posterior.Set(precision, right);
      const VectorXd z = posterior.Draw(sampler);
      users_.Set(user, z);
      const double drawn = sampler.Gamma(noise_.shape + 0.5 * static_cast<double>(count),
                                         noise_.shape / noise_.precision + 0.5 * sums.Residual(z));
      noise = static_cast<float>(std::min(kMostPrecise, drawn));
    }
  });
}

void Chain::SampleItems(int sweep, bool keep) {
  items_.ForEachChunk(threads_, [&](size_t, int32_t first, int32_t end) {
    const MatrixXd prior_means = item_prior_.Means(first, end);
    RowSums sums(users_);
    RowPosterior posterior;
    std::vector<float> roots;
    for (int32_t item = first; item < end; ++item) {
      const auto condition_on = [&](const SparseRows& ratings) {
        const auto columns = ratings.RowColumns(item);
        roots.resize(columns.size());
        for (size_t j = 0; j < columns.size(); ++j)
          roots[j] = std::sqrt(precision_[static_cast<size_t>(columns[j])]);
        MatrixXd precision = item_prior_.precision();
        VectorXd right = precision * prior_means.col(item - first);
        sums.Add(columns, ratings.RowValues(item), mean_, roots);
        sums.AddTo(1, precision, right);
        posterior.Set(precision, right);
      };
      condition_on(items_.ratings());
      Sampler sampler(seed_, sweep, Site::kItems, item);
      const VectorXd z = posterior.Draw(sampler);
      items_.Set(item, z);
      if (!keep) continue;
      // The chain doesn't see what judges it; what is kept may.
      if (all_by_item_.RowSize(item) != items_.ratings().RowSize(item)) condition_on(all_by_item_);
      Keep(item, posterior.Mean(), z);
    }
  });
}

void Chain::Keep(int32_t item, const VectorXd& mean, const VectorXd& draw) {
  sums_.means.col(item) += mean;
  sums_.draws.col(item) += draw;
  sums_.squares.col(item) += draw.cwiseAbs2();
}

void Chain::KeepPriors() {
  ++kept_;
  const VectorXd mean = item_prior_.Mean(unknown_);
  sums_.new_item_mean += mean;
  sums_.new_item_squares += mean.cwiseAbs2();
  sums_.new_item_variances += Inverse(item_prior_.precision()).diagonal();
  sums_.user_mean += user_prior_.mean;
  sums_.user_covariance += Inverse(user_prior_.precision);
  sums_.noise_precision += noise_.precision;
  sums_.noise_shape += noise_.shape;
}

std::vector<float> Chain::Predict(std::span<const HeldOutRating> ratings) const {
  std::vector<float> predictions;
  predictions.reserve(ratings.size());
  for (const HeldOutRating& one : ratings) {
    const float* user = users_.factors(one.user);
    const float* item = items_.factors(one.item);
    predictions.push_back(std::inner_product(
        user, user + items_.stride(), item, mean_ + users_.bias(one.user) + items_.bias(one.item)));
  }
  return predictions;
}

Posterior Chain::Kept() const {
  const double n = kept_;
  const auto variance = [n](const auto& squares, const auto& sums) {
    return ((squares.array() - sums.array().square() / n) / std::max(1.0, n - 1)).max(0.0);
  };
  const auto append = [](const auto& from, std::vector<float>& to) {
    for (Index c = 0; c < from.cols(); ++c) {
      for (Index r = 0; r < from.rows(); ++r) to.push_back(static_cast<float>(from(r, c)));
    }
  };
  Posterior posterior;
  posterior.factors = static_cast<int>(items_.size()) - 1;
  posterior.mean = mean_;
  posterior.kept = kept_;
  const Index k = posterior.factors;
  const MatrixXd means = sums_.means / n;
  const MatrixXd variances = variance(sums_.squares, sums_.draws);
  append(means.topRows(1), posterior.item_bias);
  append(means.bottomRows(k), posterior.item_factors);
  append(variances.topRows(1), posterior.item_bias_variance);
  append(variances.bottomRows(k), posterior.item_factor_variances);
  append(sums_.new_item_mean / n, posterior.new_item_mean);
  append(sums_.new_item_variances / n +
             MatrixXd(variance(sums_.new_item_squares, sums_.new_item_mean)),
         posterior.new_item_variances);
  append(sums_.user_mean / n, posterior.user_mean);
  append(Inverse(sums_.user_covariance / n), posterior.user_precision);
  posterior.noise_precision = static_cast<float>(sums_.noise_precision / n);
  posterior.noise_shape = static_cast<float>(sums_.noise_shape / n);
  return posterior;
}

}  // namespace marquee::models::bayesian_mf
