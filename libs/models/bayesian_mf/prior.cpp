#include "models/bayesian_mf/prior.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <vector>

#include "models/bayesian_mf/fold_in.h"

namespace marquee::models::bayesian_mf {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kBeta = 2;  // β0

struct Moments {
  VectorXd sum;
  MatrixXd squares;
};

// Of z less its column of `offsets(first, end)`, over the rows that have ratings.
template <typename Offsets>
Moments SumRows(const Side& side, int threads, const Offsets& offsets) {
  const Index size = side.size();
  std::vector<Moments> parts(side.chunks());
  side.ForEachChunk(threads, [&](size_t chunk, int32_t first, int32_t end) {
    Moments& part = parts[chunk];
    part = {VectorXd::Zero(size), MatrixXd::Zero(size, size)};
    const MatrixXd offset = offsets(first, end);
    for (int32_t row = first; row < end; ++row) {
      if (side.ratings().RowSize(row) == 0) continue;
      const VectorXd z = side.Get(row) - offset.col(row - first);
      part.sum += z;
      part.squares.noalias() += z * z.transpose();
    }
  });
  Moments all{VectorXd::Zero(size), MatrixXd::Zero(size, size)};
  for (const Moments& part : parts) {
    all.sum += part.sum;
    all.squares += part.squares;
  }
  return all;
}

// `scatter` and `degrees` come on top of the rows'.
void Draw(double count, const Moments& rows, const MatrixXd& scatter, double degrees,
          Sampler& sampler, Prior& prior) {
  const Index size = rows.sum.size();
  const VectorXd mean = rows.sum / (kBeta + count);
  // W0⁻¹ + Σ (z − z̄)(z − z̄)ᵀ + β0·n/(β0 + n)·z̄·z̄ᵀ, in one.
  const MatrixXd inverse_scale = MatrixXd::Identity(size, size) + rows.squares + scatter -
                                 (kBeta + count) * mean * mean.transpose();
  prior.precision = sampler.Wishart(inverse_scale, static_cast<double>(size) + count + degrees);
  VectorXd noise = sampler.Normals(size, 1);
  Eigen::LLT<MatrixXd>((kBeta + count) * prior.precision).matrixU().solveInPlace(noise);
  prior.mean = mean + noise;
}

}  // namespace

Prior::Prior(Index size)
    : mean(VectorXd::Zero(size)), precision(10 * MatrixXd::Identity(size, size)) {}

void Prior::Sample(const Side& side, int threads, Sampler& sampler) {
  const auto rows = SumRows(side, threads, [&](int32_t first, int32_t end) -> MatrixXd {
    return MatrixXd::Zero(side.size(), end - first);
  });
  Draw(static_cast<double>(side.rated()), rows, MatrixXd::Zero(side.size(), side.size()), 0,
       sampler, *this);
}

FeaturePrior::FeaturePrior(const Side& items, MatrixView features)
    : prior_(items.size()),
      features_(features.columns, items.rows()),
      gram_(MatrixXd::Zero(features.columns, features.columns)),
      weights_(MatrixXd::Zero(features.columns, items.size())) {
  for (int32_t item = 0; item < items.rows(); ++item) {
    for (int32_t f = 0; f < features.columns; ++f)
      features_(f, item) = static_cast<double>(features.Row(item)[static_cast<size_t>(f)]);
    if (items.ratings().RowSize(item) == 0) continue;
    norm_ += features_.col(item).squaredNorm() / static_cast<double>(items.rated());
    gram_.noalias() += features_.col(item) * features_.col(item).transpose();
  }
}

MatrixXd FeaturePrior::Means(int32_t first, int32_t end) const {
  MatrixXd means = prior_.mean.replicate(1, end - first);
  if (features_.rows() > 0)
    means.noalias() += weights_.transpose() * features_.middleCols(first, end - first);
  return means;
}

VectorXd FeaturePrior::Mean(const VectorXd& features) const {
  return prior_.mean + weights_.transpose() * features;
}

void FeaturePrior::Sample(const Side& items, int threads, Sampler& sampler) {
  if (features_.rows() > 0) SampleWeights(items, threads, sampler);
  const auto rows = SumRows(items, threads, [&](int32_t first, int32_t end) -> MatrixXd {
    return Means(first, end).colwise() - prior_.mean;
  });
  Draw(static_cast<double>(items.rated()), rows, ridge_ * weights_.transpose() * weights_,
       static_cast<double>(weights_.rows()), sampler, prior_);
}

// W given the rest: mean (FᵀF + λI)⁻¹·Fᵀ(Z − 1mᵀ), rows' covariance (FᵀF + λI)⁻¹, columns' Λ⁻¹.
void FeaturePrior::SampleWeights(const Side& items, int threads, Sampler& sampler) {
  std::vector<MatrixXd> parts(items.chunks());
  items.ForEachChunk(threads, [&](size_t chunk, int32_t first, int32_t end) {
    MatrixXd z = MatrixXd::Zero(items.size(), end - first);
    for (int32_t item = first; item < end; ++item) {
      if (items.ratings().RowSize(item) > 0) z.col(item - first) = items.Get(item) - prior_.mean;
    }
    parts[chunk] = features_.middleCols(first, end - first) * z.transpose();
  });
  MatrixXd right = MatrixXd::Zero(weights_.rows(), weights_.cols());
  for (const MatrixXd& part : parts) right += part;
  MatrixXd precision = gram_;
  precision.diagonal().array() += ridge_;
  const Eigen::LLT<MatrixXd> rows(precision);
  const Eigen::LLT<MatrixXd> columns(prior_.precision);
  const MatrixXd noise = rows.matrixU().solve(sampler.Normals(right.rows(), right.cols()));
  weights_ = rows.solve(right) + columns.matrixU().solve(noise.transpose()).transpose();
  const double spread = (weights_ * prior_.precision).cwiseProduct(weights_).sum();
  ridge_ = sampler.Gamma(1 + 0.5 * static_cast<double>(weights_.size()),
                         1 / std::max(1e-9, norm_) + 0.5 * spread);
}

void NoisePrior::Sample(double n, double sum, double logs, Sampler& sampler) {
  precision = std::min(kMostPrecise, 1 / sampler.Gamma(n * shape + 1, shape * sum + 1));
  const auto log_density = [&](double log_shape) {
    const double h = std::exp(log_shape);
    return n * (h * std::log(h / precision) - std::lgamma(h)) + h * logs - h * sum / precision -
           0.5 * std::pow(log_shape - 1, 2);
  };
  constexpr int kProposals = 5;
  constexpr double kMostLogShape = 7;
  const double step = 2.4 / std::sqrt(1 + n / 2);  // about the posterior's width
  double log_shape = std::log(shape);
  for (int i = 0; i < kProposals; ++i) {
    const double proposal = log_shape + step * sampler.Normal();
    const double bar = std::log(1 - sampler.Uniform());
    if (std::abs(proposal) < kMostLogShape && bar < log_density(proposal) - log_density(log_shape))
      log_shape = proposal;
  }
  shape = std::exp(log_shape);
}

}  // namespace marquee::models::bayesian_mf
