// iALS: factors for implicit feedback.
//   Hu, Koren, Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM 2008.
//   Rendle, Krichene, Zhang, Koren, "Revisiting the performance of iALS on item recommendation
//   benchmarks", RecSys 2022: unobserved weight and frequency-scaled regularization.
// It minimises, over user vectors x_u and item vectors y_i,
//   Σ_observed (w0 + α·v_ui)·(1 − x_u·y_i)² + Σ_unobserved w0·(x_u·y_i)² + Σ λ_u|x_u|² + Σ
//   λ_i|y_i|²
// with λ_u = λ·(n_u + w0·items)^ν / (w0·items)^ν and λ_i likewise over users, n being the row's
// number of observations, so that ν = 0 is the constant λ and λ keeps its scale as ν changes.
// With w0 = 1 and ν = 0 this is Hu, Koren and Volinsky's loss, confidence 1 + α·v.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "models/ials/fold_in.h"
#include "models/matrix_view.h"
#include "models/rating_matrix.h"

namespace marquee::models {

// kWhitenedCg: a few steps of conjugate gradient in float, started from the last iteration's
// vector, in the eigenbasis of the fixed side's Gram matrix G (found in double once for each half
// iteration), preconditioned by w0·Λ + λ_row. This is CG on the whitened system of LLᵀ = w0·G + λI
// (the two differ by an orthogonal map, which CG doesn't see), and it stays exact preconditioning
// when λ differs between rows.
// kCholesky: each row's normal equations solved exactly; three to five times slower. The oracle.
enum class IalsSolver { kWhitenedCg, kCholesky };

struct IalsProgress {
  int iteration = 0;  // 1 after the first
  int iterations = 0;
  double loss = 0;     // the objective above, divided by the number of observations
  double seconds = 0;  // since training began
};

// Where the time went, in seconds, summed over the iterations.
struct IalsTimings {
  double gram = 0;       // both sides' Gram matrices
  double whitening = 0;  // eigenbasis and rotation of the factors
  double users = 0;
  double items = 0;
  double total = 0;
};

struct IalsOptions {
  int factors = 64;  // k, 1 to 1024
  int iterations = 16;
  float regularization = 8;           // λ, above 0; grows with √(users·items), see fit.cpp
  float regularization_exponent = 1;  // ν, 0 to 1
  float unobserved_weight = 1;        // w0, above 0
  float alpha = 1;                    // confidence for each unit of value; values must be above 0
  IalsSolver solver = IalsSolver::kWhitenedCg;
  int cg_steps = 2;  // for each row and half iteration; 3 for k of 128 and more
  // CG reads the fixed side as half floats (where the processor converts them): half the memory
  // traffic, which is what bounds large data; errors of 5e-4 in a factor, hardly visible in the
  // loss.
  bool half_precision = false;
  uint64_t seed = 1;  // the same seed gives the same start on every machine
  int threads = 0;    // 0: all cores. The result doesn't depend on it
  // Called on the training thread after each iteration; false cancels (Code::kCancelled).
  std::function<bool(const IalsProgress&)> progress{};
};

// Factors, in the eigenbasis of the item Gram matrix, largest eigenvalue first: item_gram is
// diagonal up to rounding, which fold-in makes use of (models/ials/fold_in.h).
struct IalsModel {
  int factors = 0;
  std::vector<float> user_factors;  // [users, k]
  std::vector<float> item_factors;  // [items, k]; zeros where an item has no observation
  std::vector<float> item_gram;     // [k, k] = Σ_i y_i·y_iᵀ
  FoldInOptions fold_in;            // what fold-in needs to continue this objective
  double loss = 0;
  IalsTimings timings;

  MatrixView items() const {
    return {item_factors.data(), static_cast<int32_t>(item_factors.size()) / factors, factors};
  }
};

// Trains on matrix.values as v. InvalidArgument for options out of range, values that aren't
// positive or an empty matrix. Takes 8·k bytes for each user and item, and the matrix. The calling
// thread works too; `threads - 1` others are started and joined.
Result<IalsModel> TrainIals(const RatingMatrix& matrix, const IalsOptions& options);

}  // namespace marquee::models
