// A user's vector from their history alone: the exact minimiser of the iALS objective with the item
// factors held fixed (Hu, Koren, Volinsky 2008, equation 4), and its exact explanation (section 5
// there: the score is linear in the observations).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "models/confidence.h"
#include "models/matrix_view.h"

namespace marquee::models {

// The training objective's constants (models/ials/ials.h), kept with the factors.
struct FoldInOptions {
  float alpha = 1;                    // α
  float unobserved_weight = 1;        // w0
  float regularization = 8;           // λ
  float regularization_exponent = 1;  // ν
};

// Solves A·x = Σ b_j·y_j with A = w0·G + λ_u·I + Σ α·v_j·y_j·y_jᵀ and
// b_j = t_j·(w0 + α·v_j), v and t an observation's value and target.
// For histories shorter than k the dual (n×n) system is solved, otherwise the primal (k×k), both
// whitened by w0·G + λ_u·I, so the smallest eigenvalue is 1 and float suffices.
// Immutable: any number of threads may solve at once. Holds a view of the factors, which must
// outlive it; copies them only when G is not diagonal (a model that TrainIals made is).
class FoldIn {
 public:
  // factors [items, k]; gram [k, k] = Σ y·yᵀ. InvalidArgument on mismatched shapes, an unsymmetric
  // or not positive semidefinite Gram matrix, or options out of range.
  static Result<FoldIn> Make(MatrixView factors, std::span<const float> gram,
                             const FoldInOptions& options);

  FoldIn(FoldIn&&) = default;
  FoldIn& operator=(FoldIn&&) = default;

  // The whitened normal equations of one history, factored: A = I + PᵀP over z = D^½·x, with rows
  // of P √a_j·D^(-½)·y_j, a_j = α·v_j, and right side Pᵀc, c_j = t_j·(w0 + a_j)/√a_j. For few
  // observations through K = I + PPᵀ: A⁻¹Pᵀ = PᵀK⁻¹.
  struct System {
    size_t k = 0;                  // padded
    std::vector<size_t> position;  // of each kept observation in the history
    std::vector<float> scale;      // D^(-½), [k], 0 beyond the live factors
    std::vector<float> panel;      // P, [n, k]
    std::vector<float> targets;    // c, [n]
    bool dual = false;
    size_t order = 0;           // of the factored matrix: n or k
    std::vector<float> factor;  // its Cholesky factor, upper, stride `order`

    size_t n() const { return position.size(); }
  };
  System Assemble(std::span<const Observation> history) const {
    System system;
    Assemble(history, system);
    return system;
  }
  // The same into one whose memory is there already.
  void Assemble(std::span<const Observation> history, System& system) const;

  // The user's vector, [k], in the factors' own basis; zeros for an empty history. Observations
  // whose item is out of range are ignored.
  std::vector<float> Solve(const System& system) const { return Solve(system, system.targets); }
  // For another c, [n]: the solution is linear in it.
  std::vector<float> Solve(const System& system, std::span<const float> targets) const;
  std::vector<float> Solve(std::span<const Observation> history) const;

  // shares[j] += weight · b_j·y_tᵀ·A⁻¹·y_j for target t: what each observation of the history adds
  // to its score. Their sum over j is y_t·Solve(history), up to rounding (1e-4 relative to the sum
  // of magnitudes). Nothing for a target out of range.
  void AddShares(const System& system, int32_t target, float weight,
                 std::span<float> shares) const {
    AddShares(system, {&target, 1}, {&weight, 1}, shares);
  }
  // The same of several targets at once, [targets], for the price of little more than one: the
  // shares are [targets, history].
  void AddShares(const System& system, std::span<const int32_t> targets,
                 std::span<const float> weights, std::span<float> shares) const;

 private:
  FoldIn() = default;

  MatrixView rotated_;              // in G's eigenbasis: the factors themselves when G is diagonal
  std::vector<float> rotated_own_;  // what rotated_ views when it had to be made
  std::vector<float> rotation_;     // [k, k], column e is eigenvector e; empty when G is diagonal
  std::vector<float> eigenvalues_;  // [k]
  FoldInOptions options_;
  int factors_ = 0;
};

}  // namespace marquee::models
