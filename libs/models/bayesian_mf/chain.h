// The Markov chain: its state, one sweep, and what is kept of the sweeps.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <span>
#include <vector>

#include "models/bayesian_mf/gibbs.h"
#include "models/bayesian_mf/prior.h"
#include "models/bayesian_mf/rows.h"
#include "models/evaluation.h"

namespace marquee::models::bayesian_mf {

class Chain {
 public:
  // The chain is of `train`; items' kept means are of `all`. Both outlive it.
  Chain(const RatingMatrix& all, const RatingMatrix& train, const ItemFeatures& features,
        const GibbsOptions& options);

  // Draws everything once, each given the rest. `sweep` (from 1) seeds the draws.
  void Sweep(int sweep, bool keep);
  // By the vectors of the last sweep.
  std::vector<float> Predict(std::span<const HeldOutRating> ratings) const;
  // Of the kept sweeps, at least one.
  Posterior Kept() const;

 private:
  void SampleUsers(int sweep);
  void SampleItems(int sweep, bool keep);
  void Keep(int32_t item, const Eigen::VectorXd& mean, const Eigen::VectorXd& draw);
  void KeepPriors();

  const SparseRows& all_by_item_;
  const uint64_t seed_;
  const int threads_;
  float mean_ = 0;  // μ
  Side users_;
  Side items_;
  Prior user_prior_;
  FeaturePrior item_prior_;
  NoisePrior noise_;
  std::vector<float> precision_;  // a_u, [users]

  // Sums over the kept sweeps.
  int kept_ = 0;
  struct Sums {
    Eigen::MatrixXd means;    // [k + 1, items]: of E[z_i | everything else]
    Eigen::MatrixXd draws;    // of z_i
    Eigen::MatrixXd squares;  // of z_i², by component
    Eigen::VectorXd new_item_mean;
    Eigen::VectorXd new_item_squares;
    Eigen::VectorXd new_item_variances;
    Eigen::VectorXd user_mean;
    Eigen::MatrixXd user_covariance;  // Λ_U⁻¹
    double noise_precision = 0;
    double noise_shape = 0;
  };
  Sums sums_;
  Eigen::VectorXd unknown_;  // features of an item of which nothing is known
};

}  // namespace marquee::models::bayesian_mf
