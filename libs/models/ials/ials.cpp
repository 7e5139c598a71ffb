#include "models/ials/ials.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "models/eigen_basis.h"
#include "models/kernels.h"
#include "models/parallel.h"
#include "models/random.h"

namespace marquee::models {
namespace {

class Stopwatch {
 public:
  double Seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  // Seconds since the last lap, or since construction.
  double Lap() {
    const double now = Seconds();
    return now - std::exchange(lap_, now);
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double lap_ = 0;
};

Status Validate(const RatingMatrix& matrix, const IalsOptions& options) {
  if (options.factors < 1 || options.factors > static_cast<int>(kMaxFactors)) {
    return Error::InvalidArgument("factors_out_of_range", "Factors must be 1 to 1024.", "factors");
  }
  if (options.iterations < 1 || options.iterations > 10'000) {
    return Error::InvalidArgument("iterations_out_of_range", "Iterations must be 1 to 10000.",
                                  "iterations");
  }
  if (options.cg_steps < 1 || options.cg_steps > 1'000) {
    return Error::InvalidArgument("cg_steps_out_of_range", "CG steps must be 1 to 1000.",
                                  "cg_steps");
  }
  const auto positive = [](float value) { return std::isfinite(value) && value > 0; };
  if (!positive(options.regularization)) {
    return Error::InvalidArgument("regularization_out_of_range", "Regularization must be above 0.",
                                  "regularization");
  }
  if (!(options.regularization_exponent >= 0 && options.regularization_exponent <= 1)) {
    return Error::InvalidArgument("regularization_exponent_out_of_range",
                                  "The regularization exponent must be 0 to 1.",
                                  "regularization_exponent");
  }
  if (!positive(options.unobserved_weight)) {
    return Error::InvalidArgument("unobserved_weight_out_of_range",
                                  "The unobserved weight must be above 0.", "unobserved_weight");
  }
  if (!positive(options.alpha)) {
    return Error::InvalidArgument("alpha_out_of_range", "Alpha must be above 0.", "alpha");
  }
  if (matrix.nonzeros() == 0) {
    return Error::InvalidArgument("no_observations", "There is nothing to train on.");
  }
  const std::vector<float>& values = matrix.by_user().values;
  if (!std::all_of(values.begin(), values.end(), positive)) {
    return Error::InvalidArgument("value_not_positive", "Observations must be above 0.");
  }
  return {};
}

class Trainer {
 public:
  Trainer(const RatingMatrix& matrix, const IalsOptions& options)
      : matrix_(matrix),
        options_(options),
        threads_(ThreadCount(options.threads)),
        live_(static_cast<size_t>(options.factors)),
        k_(Padded(live_)),
        user_chunks_(ChunkEnds(matrix.by_user())),
        item_chunks_(ChunkEnds(matrix.by_item())),
        halves_(options.half_precision && options.solver == IalsSolver::kWhitenedCg &&
                kernels_.takes_halves),
        users_(static_cast<size_t>(matrix.users()) * k_),
        items_(static_cast<size_t>(matrix.items()) * k_) {
    // Small, as in Rendle et al. 2022 (there 0.1/√k): the first half iteration sets the scale.
    const float deviation = 0.1F / std::sqrt(static_cast<float>(live_));
    for (size_t item = 0; item < static_cast<size_t>(matrix.items()); ++item) {
      if (matrix.by_item().RowSize(static_cast<int32_t>(item)) == 0) continue;
      for (size_t c = 0; c < live_; ++c) {
        items_.data()[item * k_ + c] = deviation * NormalAt(options.seed, item * live_ + c);
      }
    }
    const std::vector<float>& values = matrix.by_user().values;
    constant_ = options.unobserved_weight * static_cast<double>(values.size()) +
                options.alpha * std::accumulate(values.begin(), values.end(), 0.0);
  }

  Result<IalsModel> Run() {
    double loss = 0;
    for (int iteration = 1; iteration <= options_.iterations; ++iteration) {
      SolveSide(matrix_.by_user(), user_chunks_, matrix_.items(), items_, users_, timings_.users);
      const double penalty = Penalty(matrix_.by_user(), matrix_.items(), users_);
      const double part = SolveSide(matrix_.by_item(), item_chunks_, matrix_.users(), users_,
                                    items_, timings_.items);
      loss = (part + constant_ + penalty) / static_cast<double>(matrix_.nonzeros());
      timings_.total = watch_.Seconds();
      if (options_.progress &&
          !options_.progress({iteration, options_.iterations, loss, timings_.total})) {
        return Error::Cancelled("training_cancelled", "The training was cancelled.");
      }
    }
    return Finish(loss);
  }

 private:
  float RowRegularization(int64_t observed, int32_t others) const {
    if (options_.regularization_exponent == 0) return options_.regularization;
    const double base = static_cast<double>(options_.unobserved_weight) * others;
    return options_.regularization *
           static_cast<float>(std::pow((static_cast<double>(observed) + base) / base,
                                       options_.regularization_exponent));
  }

  // Brings both sides into the eigenbasis of the fixed side's Gram matrix. The objective doesn't
  // see a rotation of both, so nothing is ever rotated back.
  std::vector<float> Whiten(FloatBuffer& fixed, FloatBuffer& solved) {
    const size_t rows = fixed.size() / k_;
    watch_.Lap();
    const std::vector<double> gram = Gram(fixed.data(), static_cast<int64_t>(rows), k_, threads_);
    timings_.gram += watch_.Lap();
    const EigenBasis basis = Diagonalize(gram, live_, k_);
    Rotate(fixed, basis);
    Rotate(solved, basis);
    timings_.whitening += watch_.Lap();
    std::vector<float> weighted(k_);
    for (size_t c = 0; c < k_; ++c) {
      weighted[c] = static_cast<float>(options_.unobserved_weight * basis.values[c]);
    }
    return weighted;
  }

  void Rotate(FloatBuffer& side, const EigenBasis& basis) {
    constexpr size_t kBlock = 1024;
    const size_t rows = side.size() / k_;
    ParallelFor(threads_, static_cast<int64_t>((rows + kBlock - 1) / kBlock),
                [&](int64_t chunk, int) {
                  const size_t first = static_cast<size_t>(chunk) * kBlock;
                  kernels_.rotate(side.data() + first * k_, std::min(kBlock, rows - first), k_,
                                  basis.rotation.data());
                });
  }

  const uint16_t* Halve(const FloatBuffer& fixed) {
    constexpr size_t kBlock = 64 * 1024;
    if (half_.size() * 2 < fixed.size()) half_ = FloatBuffer((fixed.size() + 1) / 2);
    auto* halves = reinterpret_cast<uint16_t*>(half_.data());
    ParallelFor(threads_, static_cast<int64_t>((fixed.size() + kBlock - 1) / kBlock),
                [&](int64_t chunk, int) {
                  const size_t first = static_cast<size_t>(chunk) * kBlock;
                  kernels_.to_half(fixed.data() + first, std::min(kBlock, fixed.size() - first),
                                   halves + first);
                });
    timings_.whitening += watch_.Lap();
    return halves;
  }

  struct Scratch {
    FloatBuffer vectors;  // D, 1/D and CG's or Cholesky's
    FloatBuffer panel;
    FloatBuffer matrix;
  };

  // One half iteration; returns its part of the objective (less the constant).
  double SolveSide(const SparseRows& rows, const std::vector<int32_t>& chunk_ends, int32_t others,
                   FloatBuffer& fixed, FloatBuffer& solved, double& seconds) {
    const std::vector<float> gram_diagonal = Whiten(fixed, solved);
    const uint16_t* halves = halves_ ? Halve(fixed) : nullptr;
    std::vector<double> parts(chunk_ends.size(), 0);
    std::vector<Scratch> scratch(static_cast<size_t>(threads_));
    ParallelFor(threads_, static_cast<int64_t>(chunk_ends.size()), [&](int64_t chunk, int thread) {
      Scratch& own = scratch[static_cast<size_t>(thread)];
      if (own.vectors.size() == 0) own.vectors = FloatBuffer(6 * k_);
      float* diagonal = own.vectors.data();
      float* inverse = diagonal + k_;
      const auto c = static_cast<size_t>(chunk);
      for (int32_t row = c == 0 ? 0 : chunk_ends[c - 1]; row < chunk_ends[c]; ++row) {
        const auto n = static_cast<size_t>(rows.RowSize(row));
        if (n == 0) continue;
        const float regularization = RowRegularization(rows.RowSize(row), others);
        for (size_t i = 0; i < k_; ++i) {
          diagonal[i] = gram_diagonal[i] + regularization;
          inverse[i] = 1 / diagonal[i];
        }
        const RowSystem system{fixed.data(),
                               halves,
                               rows.RowColumns(row).data(),
                               rows.RowValues(row).data(),
                               n,
                               k_,
                               options_.alpha,
                               options_.unobserved_weight,
                               diagonal,
                               inverse};
        float* x = solved.data() + static_cast<size_t>(row) * k_;
        parts[c] += options_.solver == IalsSolver::kCholesky
                        ? CholeskyRow(system, x, own)
                        : kernels_.cg_row(system, options_.cg_steps, x, inverse + k_);
      }
    });
    seconds += watch_.Lap();
    return std::accumulate(parts.begin(), parts.end(), 0.0);
  }

  // (I + Σ α·v·ỹỹᵀ)·z = Σ b·ỹ with ỹ = D^(-1/2)·y, x = D^(-1/2)·z.
  double CholeskyRow(const RowSystem& system, float* x, Scratch& scratch) const {
    constexpr size_t kPanel = 64;
    if (scratch.panel.size() == 0) {
      scratch.panel = FloatBuffer(kPanel * k_);
      scratch.matrix = FloatBuffer(k_ * k_);
    }
    float* scale = scratch.vectors.data() + 2 * k_;
    float* right = scale + k_;
    float* matrix = scratch.matrix.data();
    std::fill_n(matrix, k_ * k_, 0.0F);
    std::fill_n(right, k_, 0.0F);
    for (size_t c = 0; c < k_; ++c) {
      scale[c] = std::sqrt(system.inverse_diagonal[c]);
      matrix[c * k_ + c] = 1;
    }
    float weights[kPanel];
    float targets[kPanel];
    for (size_t first = 0; first < system.n; first += kPanel) {
      const size_t n = std::min(kPanel, system.n - first);
      for (size_t j = 0; j < n; ++j) {
        const float confidence = system.alpha * system.values[first + j];
        weights[j] = std::sqrt(confidence);
        targets[j] = (system.unobserved_weight + confidence) / weights[j];
      }
      kernels_.gather(system.fixed, k_, system.columns + first, n, weights, scale, k_,
                      scratch.panel.data());
      kernels_.syrk(scratch.panel.data(), n, k_, matrix);
      kernels_.combine(scratch.panel.data(), n, k_, targets, right);
    }
    for (size_t c = 0; c < k_; ++c) x[c] = right[c];
    kernels_.cholesky(matrix, k_, k_);  // I plus a semidefinite matrix: always definite
    kernels_.cholesky_solve(matrix, k_, k_, right);
    double objective = 0;
    for (size_t c = 0; c < k_; ++c) {
      objective -= static_cast<double>(x[c]) * static_cast<double>(right[c]);
      x[c] = scale[c] * right[c];
    }
    return objective;
  }

  double Penalty(const SparseRows& rows, int32_t others, const FloatBuffer& side) const {
    constexpr int32_t kBlock = 4096;
    const int64_t chunks = (int64_t{rows.rows()} + kBlock - 1) / kBlock;
    std::vector<double> parts(static_cast<size_t>(chunks), 0);
    ParallelFor(threads_, chunks, [&](int64_t chunk, int) {
      const auto first = static_cast<int32_t>(chunk * kBlock);
      for (int32_t row = first; row < std::min(rows.rows(), first + kBlock); ++row) {
        const float* x = side.data() + static_cast<size_t>(row) * k_;
        float square = 0;
        kernels_.dot_rows(x, 1, k_, x, &square);
        parts[static_cast<size_t>(chunk)] +=
            static_cast<double>(RowRegularization(rows.RowSize(row), others) * square);
      }
    });
    return std::accumulate(parts.begin(), parts.end(), 0.0);
  }

  std::vector<float> Unpad(const FloatBuffer& side) const {
    const size_t rows = side.size() / k_;
    std::vector<float> values(rows * live_);
    for (size_t row = 0; row < rows; ++row) {
      std::copy_n(side.data() + row * k_, live_, values.data() + row * live_);
    }
    return values;
  }

  IalsModel Finish(double loss) {
    Whiten(items_, users_);  // the Gram matrix that is served is diagonal
    const std::vector<double> gram = Gram(items_.data(), matrix_.items(), k_, threads_);
    IalsModel model;
    model.factors = options_.factors;
    model.user_factors = Unpad(users_);
    model.item_factors = Unpad(items_);
    model.item_gram.resize(live_ * live_);
    for (size_t i = 0; i < live_; ++i) {
      for (size_t j = 0; j < live_; ++j) {
        model.item_gram[i * live_ + j] = static_cast<float>(gram[i * k_ + j]);
      }
    }
    model.fold_in = {options_.alpha, options_.unobserved_weight, options_.regularization,
                     options_.regularization_exponent};
    model.loss = loss;
    timings_.total = watch_.Seconds();
    model.timings = timings_;
    return model;
  }

  const RatingMatrix& matrix_;
  const IalsOptions& options_;
  const Kernels& kernels_ = BestKernels();
  int threads_;
  size_t live_;  // k
  size_t k_;     // padded
  std::vector<int32_t> user_chunks_;
  std::vector<int32_t> item_chunks_;
  bool halves_;
  FloatBuffer half_;  // the fixed side's half floats, two to a float
  FloatBuffer users_;
  FloatBuffer items_;
  double constant_ = 0;  // Σ (w0 + α·v)
  IalsTimings timings_;
  Stopwatch watch_;
};

}  // namespace

Result<IalsModel> TrainIals(const RatingMatrix& matrix, const IalsOptions& options) {
  RETURN_IF_ERROR(Validate(matrix, options));
  return Trainer(matrix, options).Run();
}

}  // namespace marquee::models
