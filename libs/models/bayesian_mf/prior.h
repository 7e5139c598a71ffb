// The hyperparameters: what rows are drawn from, and how they are drawn given the rows.
#pragma once

#include <Eigen/Core>

#include "models/bayesian_mf/rows.h"
#include "models/bayesian_mf/sampler.h"
#include "models/matrix_view.h"

namespace marquee::models::bayesian_mf {

// z ~ N(m, Λ⁻¹), with the Normal-Wishart prior of Salakhutdinov and Mnih: mean 0, β0 = 2,
// ν0 = k + 1, W0 = I. Rows without ratings tell nothing and are left out.
struct Prior {
  explicit Prior(Eigen::Index size);
  void Sample(const Side& side, int threads, Sampler& sampler);

  Eigen::VectorXd mean;
  Eigen::MatrixXd precision;
};

// z_i ~ N(m + Wᵀf_i, Λ⁻¹). W's rows have the precision λ·Λ (Macau's equations), λ ~ Gamma(1, 1/|f|²)
// with |f|² the items' mean: before anything is seen, features explain as much as they leave.
class FeaturePrior {
 public:
  FeaturePrior(const Side& items, MatrixView features);
  void Sample(const Side& items, int threads, Sampler& sampler);

  // m + Wᵀf of the rows from `first` on, one a column.
  Eigen::MatrixXd Means(int32_t first, int32_t end) const;
  Eigen::VectorXd Mean(const Eigen::VectorXd& features) const;
  const Eigen::MatrixXd& precision() const { return prior_.precision; }

 private:
  void SampleWeights(const Side& items, int threads, Sampler& sampler);

  Prior prior_;
  Eigen::MatrixXd features_;  // [f, items]
  Eigen::MatrixXd gram_;      // FᵀF over the items with ratings, [f, f]
  Eigen::MatrixXd weights_;   // W, [f, k + 1]
  double norm_ = 0;           // |f|²
  double ridge_ = 1;          // λ
};

// a_u ~ Gamma(h, h/ā).
struct NoisePrior {
  // sum and logs: Σ a_u and Σ log a_u over n users. 1/ā has the prior Gamma(1, 1), noise of about a
  // star; log h N(1, 1), by Metropolis.
  void Sample(double n, double sum, double logs, Sampler& sampler);

  double precision = 1;  // ā
  double shape = 3;      // h
};

}  // namespace marquee::models::bayesian_mf
