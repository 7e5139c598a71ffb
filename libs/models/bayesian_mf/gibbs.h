// Bayesian matrix factorization of ratings by Gibbs sampling.
//   Salakhutdinov and Mnih, "Bayesian probabilistic matrix factorization using Markov chain Monte
//   Carlo", ICML 2008; Simm et al., "Macau: scalable Bayesian multi-relational factorization with
//   side information", 2015 (priors by features); Rendle, Zhang, Koren, "On the difficulty of
//   evaluating baselines", 2019 (why to bother).
// With z_u = (b_u, p_u) and z_i = (b_i, q_i), k + 1 numbers each:
//   r_ui = μ + b_u + b_i + p_u·q_i + ε,   ε ~ N(0, 1/a_u)
//   z_u ~ N(m_U, Λ_U⁻¹),   z_i ~ N(m_I + Wᵀf_i, Λ_I⁻¹),   a_u ~ Gamma(h, h/ā)
// All of it is sampled, the priors (prior.h) included: nothing is tuned but k.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "models/matrix_view.h"
#include "models/rating_matrix.h"

namespace marquee::models::bayesian_mf {

struct ItemFeatures {
  MatrixView rows;                 // f_i, [items, any]; of about one scale, for they share a ridge
  std::span<const float> unknown;  // f of an item of which nothing is known
};

struct SweepProgress {
  int sweep = 0;             // 1 after the first
  int at_most = 0;           // sweeps that there can be
  double held_out_rmse = 0;  // of the last sweeps' mean, or the kept ones'; 0: nothing is held out
};

struct GibbsOptions {
  int factors = 16;
  // Sweeps are dropped until the chain has settled (convergence.h, asked once in kBlock sweeps), and
  // then kept until their mean has: each within these bounds.
  int least_sweeps = 40;
  int most_sweeps = 200;
  // The share of the ratings that judges the chain, and at most so many. What is kept uses them.
  double held_out_share = 0.02;
  int64_t most_held_out = 20'000;
  uint64_t seed = 1;
  int threads = 0;  // 0: all cores. The result doesn't depend on it
  // After each sweep, on the calling thread; false cancels.
  std::function<bool(const SweepProgress&)> progress{};
};

// What the chain leaves. Vectors of k + 1 begin with the bias.
struct Posterior {
  int factors = 0;                           // k
  float mean = 0;                            // μ
  std::vector<float> item_bias;              // [items]: means of E[z_i | everything else]
  std::vector<float> item_factors;           // [items, k]
  std::vector<float> item_bias_variance;     // [items]: of z_i's draws
  std::vector<float> item_factor_variances;  // [items, k]
  std::vector<float> new_item_mean;          // [k + 1]: of an item of which nothing is known
  std::vector<float> new_item_variances;     // [k + 1]
  std::vector<float> user_mean;              // mean of m_U, [k + 1]
  std::vector<float> user_precision;         // inverse of the mean of Λ_U⁻¹, [k + 1, k + 1]
  float noise_precision = 1;                 // ā
  float noise_shape = 1;                     // h
  int dropped = 0;                           // sweeps
  int kept = 0;
  double held_out_rmse = 0;  // of the kept sweeps' mean; 0: nothing was held out
};

// InvalidArgument for an empty matrix; Cancelled. Takes about 32·(k + 1) bytes an item, 4·k a user,
// 8 bytes a feature, and a copy of the ratings.
Result<Posterior> Sample(const RatingMatrix& ratings, const ItemFeatures& features,
                         const GibbsOptions& options);

}  // namespace marquee::models::bayesian_mf
