// A person's vector from their ratings, in closed form, and what it predicts.
#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <cstdint>
#include <span>

#include "models/matrix_view.h"

namespace marquee::models::bayesian_mf {

// No noise is taken for less than what rounding to half stars adds, ½²/12. That also keeps somebody
// who gives everything the same from weighing without bounds.
inline constexpr double kMostPrecise = 12 / (0.5 * 0.5);

// What fold-in needs of a Posterior (gibbs.h); the spans and matrices are views.
struct ItemPosterior {
  float mean = 0;                             // μ
  std::span<const float> item_bias;           // [items]
  MatrixView item_factors;                    // [items, k]
  std::span<const float> item_bias_variance;  // [items]
  MatrixView item_factor_variances;           // [items, k]
  std::span<const float> new_item_mean;       // [k + 1], the bias first
  std::span<const float> new_item_variances;  // [k + 1]
  Eigen::VectorXd user_mean;                  // m_U, [k + 1]
  Eigen::MatrixXd user_precision;             // Λ_U, [k + 1, k + 1]
  double noise_precision = 1;                 // ā
  double noise_shape = 1;                     // h

  bool Knows(int32_t item) const { return item >= 0 && item < item_factors.rows; }
};

// With x_j = (1, q_j), t_j = r_j − μ − b_j and V_j = diag(0, variances of q_j):
//   A = Λ_U + a·Σ(x_j·x_jᵀ + V_j),   z = A⁻¹·(Λ_U·m_U + a·Σ t_j·x_j)
// a, the person's own precision, begins as ā and is twice estimated from what z leaves. For a given
// a it is linear in the ratings. O(n·k² + k³). Views `items`; immutable.
class UserPosterior {
 public:
  // Items out of range are ignored; without ratings it is the prior.
  UserPosterior(const ItemPosterior& items, std::span<const RatedItem> history);

  double Mean(int32_t item) const;  // of the rating, not clamped
  // Of the rating: the person's, the movie's and the noise's.
  double Variance(int32_t item) const;
  // shares[j] += weight · (what history[j] adds to Mean(item)). Their sum is what Mean(item)
  // differs by from that of no history.
  void AddShares(int32_t item, std::span<const RatedItem> history, float weight,
                 std::span<float> shares) const;

 private:
  const ItemPosterior& items_;
  Eigen::VectorXd vector_;              // z
  double precision_ = 1;                // a: its mean
  double noise_variance_ = 1;           // the mean of 1/a
  Eigen::LLT<Eigen::MatrixXd> factor_;  // of A
};

}  // namespace marquee::models::bayesian_mf
