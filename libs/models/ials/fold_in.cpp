#include "models/ials/fold_in.h"

#include <algorithm>
#include <cmath>

#include "models/eigen_basis.h"
#include "models/kernels.h"
#include "models/scratch.h"

namespace marquee::models {
namespace {

Status Validate(MatrixView factors, std::span<const float> gram, const FoldInOptions& options) {
  const auto k = static_cast<size_t>(std::max(factors.columns, 0));
  if (k == 0 || k > kMaxFactors || factors.rows < 0) {
    return Error::InvalidArgument("factors_out_of_range", "Factors must be 1 to 1024.");
  }
  if (gram.size() != k * k) {
    return Error::InvalidArgument("gram_shape", "The Gram matrix doesn't fit the item factors.");
  }
  const auto positive = [](float value) { return std::isfinite(value) && value > 0; };
  if (!positive(options.alpha) || !positive(options.unobserved_weight) ||
      !positive(options.regularization) || !(options.regularization_exponent >= 0) ||
      options.regularization_exponent > 1) {
    return Error::InvalidArgument("fold_in_options_out_of_range",
                                  "Alpha, the unobserved weight and regularization must be above "
                                  "0, the exponent 0 to 1.");
  }
  float largest = 0;
  for (size_t i = 0; i < k; ++i) largest = std::max(largest, gram[i * k + i]);
  for (size_t i = 0; i < k; ++i) {
    if (!(gram[i * k + i] >= 0)) {
      return Error::InvalidArgument("gram_not_semidefinite",
                                    "The Gram matrix has a negative "
                                    "diagonal.");
    }
    for (size_t j = 0; j < i; ++j) {
      if (!(std::abs(gram[i * k + j] - gram[j * k + i]) <= 1e-4F * largest)) {
        return Error::InvalidArgument("gram_not_symmetric", "The Gram matrix is not symmetric.");
      }
    }
  }
  return {};
}

}  // namespace

std::vector<float> FoldIn::Solve(std::span<const Observation> history) const {
  static thread_local System system;  // its memory is the next history's
  Assemble(history, system);
  return Solve(system);
}

void FoldIn::Assemble(std::span<const Observation> history, System& system) const {
  const Kernels& kernels = BestKernels();
  system.k = Padded(static_cast<size_t>(factors_));
  system.position.clear();
  system.targets.clear();
  std::vector<int32_t> items;
  std::vector<float> roots;
  for (size_t j = 0; j < history.size(); ++j) {
    const Observation& seen = history[j];
    if (seen.item < 0 || seen.item >= rotated_.rows || !(seen.value > 0)) continue;
    const float confidence = options_.alpha * seen.value;
    items.push_back(seen.item);
    roots.push_back(std::sqrt(confidence));
    system.position.push_back(j);
    system.targets.push_back(seen.target * (options_.unobserved_weight + confidence) /
                             roots.back());
  }
  const size_t n = system.n();
  if (n == 0) return;

  float regularization = options_.regularization;
  if (options_.regularization_exponent != 0) {
    const double base = static_cast<double>(options_.unobserved_weight) * rotated_.rows;
    regularization *= static_cast<float>(
        std::pow((static_cast<double>(n) + base) / base, options_.regularization_exponent));
  }
  system.scale.assign(system.k, 0);
  for (size_t c = 0; c < static_cast<size_t>(factors_); ++c) {
    system.scale[c] = 1 / std::sqrt(options_.unobserved_weight * eigenvalues_[c] + regularization);
  }
  system.panel.resize(n * system.k);
  kernels.gather(rotated_.data, static_cast<size_t>(factors_), items.data(), n, roots.data(),
                 system.scale.data(), system.k, system.panel.data());

  system.dual = n < system.k;
  system.order = system.dual ? n : system.k;
  system.factor.assign(system.order * system.order, 0);
  if (system.dual) {
    for (size_t j = 0; j < n; ++j) {
      const float* row = system.panel.data() + j * system.k;
      kernels.dot_rows(row, n - j, system.k, row, system.factor.data() + j * n + j);
    }
  } else {
    kernels.syrk(system.panel.data(), n, system.k, system.factor.data());
  }
  for (size_t i = 0; i < system.order; ++i) system.factor[i * system.order + i] += 1;
  kernels.cholesky(system.factor.data(), system.order, system.order);
}

Result<FoldIn> FoldIn::Make(MatrixView factors, std::span<const float> gram,
                            const FoldInOptions& options) {
  RETURN_IF_ERROR(Validate(factors, gram, options));
  const auto k = static_cast<size_t>(factors.columns);
  FoldIn fold_in;
  fold_in.rotated_ = factors;
  fold_in.options_ = options;
  fold_in.factors_ = factors.columns;
  fold_in.eigenvalues_.resize(k);
  for (size_t i = 0; i < k; ++i) fold_in.eigenvalues_[i] = gram[i * k + i];

  // Diagonal as far as the solution can tell: what is neglected is small beside w0·G + λI.
  const auto at = [&](size_t i) {
    return options.unobserved_weight * gram[i * k + i] + options.regularization;
  };
  bool diagonal = true;
  for (size_t i = 0; i < k && diagonal; ++i) {
    for (size_t j = 0; j < i; ++j) {
      const float size = options.unobserved_weight * std::abs(gram[i * k + j]);
      diagonal = diagonal && size <= 1e-5F * std::sqrt(at(i) * at(j));
    }
  }
  if (diagonal) return fold_in;

  const EigenBasis basis = Diagonalize(std::vector<double>(gram.begin(), gram.end()), k, k);
  const size_t padded = Padded(k);
  fold_in.rotation_.resize(k * k);
  for (size_t i = 0; i < k; ++i) {
    fold_in.eigenvalues_[i] = static_cast<float>(basis.values[i]);
    std::copy_n(basis.rotation.begin() + static_cast<std::ptrdiff_t>(i * padded), k,
                fold_in.rotation_.begin() + static_cast<std::ptrdiff_t>(i * k));
  }
  fold_in.rotated_own_.assign(factors.values().size(), 0);
  const Kernels& kernels = BestKernels();
  for (int32_t row = 0; row < factors.rows; ++row) {
    kernels.combine(fold_in.rotation_.data(), k, k, factors.Row(row).data(),
                    fold_in.rotated_own_.data() + static_cast<size_t>(row) * k);
  }
  fold_in.rotated_.data = fold_in.rotated_own_.data();
  return fold_in;
}

std::vector<float> FoldIn::Solve(const System& system, std::span<const float> targets) const {
  const Kernels& kernels = BestKernels();
  const auto live = static_cast<size_t>(factors_);
  std::vector<float> result(live, 0);
  if (system.n() == 0) return result;
  std::vector<float> z(system.k, 0);
  if (system.dual) {
    std::vector<float> w(targets.begin(), targets.end());
    kernels.cholesky_solve(system.factor.data(), system.order, system.order, w.data());
    kernels.combine(system.panel.data(), system.n(), system.k, w.data(), z.data());
  } else {
    kernels.combine(system.panel.data(), system.n(), system.k, targets.data(), z.data());
    kernels.cholesky_solve(system.factor.data(), system.order, system.order, z.data());
  }
  for (size_t c = 0; c < live; ++c) z[c] *= system.scale[c];
  if (rotation_.empty()) {
    std::copy_n(z.begin(), live, result.begin());
  } else {
    kernels.dot_rows(rotation_.data(), live, live, z.data(), result.data());
  }
  return result;
}

void FoldIn::AddShares(const System& system, std::span<const int32_t> targets,
                       std::span<const float> weights, std::span<float> shares) const {
  if (system.n() == 0 || targets.empty()) return;
  const Kernels& kernels = BestKernels();
  const size_t n = system.n();
  const size_t k = system.k;
  const size_t columns = Padded(targets.size());  // of right-hand sides
  Scratch directions(columns * k);  // Ỹ, [columns, k]; zeros for a target out of range
  Scratch own(n * columns);
  for (size_t t = 0; t < targets.size(); ++t) {
    if (targets[t] < 0 || targets[t] >= rotated_.rows) continue;
    kernels.gather(rotated_.data, static_cast<size_t>(factors_), &targets[t], 1, nullptr,
                   system.scale.data(), k, directions.data() + t * k);
  }
  if (system.dual) {  // P·A⁻¹·Ỹᵀ = K⁻¹·P·Ỹᵀ
    for (size_t j = 0; j < n; ++j) {
      kernels.dot_rows(directions.data(), columns, k, system.panel.data() + j * k,
                       own.data() + j * columns);
    }
    kernels.cholesky_solve_many(system.factor.data(), n, n, own.data(), columns);
  } else {
    Scratch transposed(k * columns);
    for (size_t t = 0; t < columns; ++t) {
      for (size_t c = 0; c < k; ++c) transposed[c * columns + t] = directions[t * k + c];
    }
    kernels.cholesky_solve_many(system.factor.data(), k, k, transposed.data(), columns);
    for (size_t j = 0; j < n; ++j) {
      kernels.combine(transposed.data(), k, columns, system.panel.data() + j * k,
                      own.data() + j * columns);
    }
  }
  const size_t history = shares.size() / targets.size();
  for (size_t t = 0; t < targets.size(); ++t) {
    for (size_t j = 0; j < n; ++j) {
      shares[t * history + system.position[j]] +=
          weights[t] * (system.targets[j] * own[j * columns + t]);
    }
  }
}

}  // namespace marquee::models
