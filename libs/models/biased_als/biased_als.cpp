#include "models/biased_als/biased_als.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "models/kernels.h"
#include "models/parallel.h"
#include "models/random.h"

namespace marquee::models {
namespace {

// One row's ridge regression: (Σ q·qᵀ + λ·√n·I)·p = Σ e·q, over the fixed side's vectors.
class RidgeRow {
 public:
  // k is padded; the fixed side has `stride` live floats a row.
  RidgeRow(size_t stride, float regularization)
      : kernels_(BestKernels()),
        stride_(stride),
        k_(Padded(stride)),
        regularization_(regularization),
        panel_(kPanel * k_),
        matrix_(k_ * k_),
        right_(k_),
        solution_(k_) {}

  // residuals[j] belongs to fixed row columns[j]. Writes `stride` floats; returns the row's sum of
  // squared errors after the fit.
  double Solve(const float* fixed, std::span<const int32_t> columns,
               std::span<const float> residuals, float* solution) {
    const size_t n = columns.size();
    const float ridge = regularization_ * std::sqrt(static_cast<float>(n));
    std::fill(matrix_.begin(), matrix_.end(), 0.0F);
    std::fill(right_.begin(), right_.end(), 0.0F);
    for (size_t c = 0; c < k_; ++c) matrix_[c * k_ + c] = ridge;
    double squares = 0;
    for (size_t first = 0; first < n; first += kPanel) {
      const size_t size = std::min(kPanel, n - first);
      kernels_.gather(fixed, stride_, columns.data() + first, size, nullptr, nullptr, k_,
                      panel_.data());
      kernels_.syrk(panel_.data(), size, k_, matrix_.data());
      kernels_.combine(panel_.data(), size, k_, residuals.data() + first, right_.data());
    }
    for (const float e : residuals) squares += static_cast<double>(e) * static_cast<double>(e);
    solution_ = right_;
    if (!kernels_.cholesky(matrix_.data(), k_, k_)) {
      std::fill_n(solution, stride_, 0.0F);
      return squares;
    }
    kernels_.cholesky_solve(matrix_.data(), k_, k_, solution_.data());
    for (size_t c = 0; c < stride_; ++c) {
      const auto p = static_cast<double>(solution_[c]);
      squares -= p * (static_cast<double>(right_[c]) + static_cast<double>(ridge) * p);
      solution[c] = solution_[c];
    }
    return std::max(0.0, squares);
  }

  // Of the row last solved: q_j·A⁻¹·q for each fixed row q_j of columns.
  std::vector<float> Influence(const float* fixed, std::span<const int32_t> columns,
                               std::span<const float> q) {
    std::fill(solution_.begin(), solution_.end(), 0.0F);
    std::copy(q.begin(), q.end(), solution_.begin());
    kernels_.cholesky_solve(matrix_.data(), k_, k_, solution_.data());
    std::vector<float> influence(columns.size());
    for (size_t j = 0; j < columns.size(); ++j) {
      kernels_.dot_rows(fixed + static_cast<size_t>(columns[j]) * stride_, 1, stride_,
                        solution_.data(), &influence[j]);
    }
    return influence;
  }

 private:
  static constexpr size_t kPanel = 64;
  const Kernels& kernels_;
  size_t stride_;
  size_t k_;
  float regularization_;
  std::vector<float> panel_;
  std::vector<float> matrix_;
  std::vector<float> right_;
  std::vector<float> solution_;
};

float Clamp(float rating) { return std::clamp(rating, kLowestRating, kHighestRating); }

// Σ (value − base − bias_of_column) / (n + damping) for each row; 0 for an empty row.
std::vector<float> DampedMeans(const SparseRows& rows, float base,
                               std::span<const float> column_bias, float damping) {
  std::vector<float> means(static_cast<size_t>(rows.rows()), 0);
  for (int32_t row = 0; row < rows.rows(); ++row) {
    const auto columns = rows.RowColumns(row);
    const auto values = rows.RowValues(row);
    double sum = 0;
    for (size_t j = 0; j < columns.size(); ++j) {
      const float bias = column_bias.empty() ? 0 : column_bias[static_cast<size_t>(columns[j])];
      sum += static_cast<double>(values[j] - base - bias);
    }
    if (columns.empty()) continue;
    means[static_cast<size_t>(row)] =
        static_cast<float>(sum / (static_cast<double>(columns.size()) + damping));
  }
  return means;
}

Status Validate(const RatingMatrix& matrix, const BiasedAlsOptions& options) {
  if (options.factors < 0 || options.factors > static_cast<int>(kMaxFactors)) {
    return Error::InvalidArgument("factors_out_of_range", "Factors must be 0 to 1024.", "factors");
  }
  if (options.iterations < 1 || options.iterations > 10'000) {
    return Error::InvalidArgument("iterations_out_of_range", "Iterations must be 1 to 10000.",
                                  "iterations");
  }
  if (!(options.regularization > 0) || !(options.item_damping >= 0) ||
      !(options.user_damping >= 0)) {
    return Error::InvalidArgument("regularization_out_of_range",
                                  "Regularization must be above 0, damping at least 0.",
                                  "regularization");
  }
  if (matrix.nonzeros() == 0) {
    return Error::InvalidArgument("no_observations", "There is nothing to train on.");
  }
  return {};
}

// Solves all rows of one side with the other fixed; returns the sum of squared errors.
double SolveSide(const SparseRows& rows, const std::vector<int32_t>& chunk_ends, float mean,
                 const std::vector<float>& row_bias, const std::vector<float>& column_bias,
                 const std::vector<float>& fixed, std::vector<float>& solved,
                 const BiasedAlsOptions& options, int threads) {
  const auto k = static_cast<size_t>(options.factors);
  std::vector<double> parts(chunk_ends.size(), 0);
  ParallelFor(threads, static_cast<int64_t>(chunk_ends.size()), [&](int64_t chunk, int) {
    RidgeRow ridge(k, options.regularization);
    std::vector<float> residuals;
    const auto c = static_cast<size_t>(chunk);
    for (int32_t row = c == 0 ? 0 : chunk_ends[c - 1]; row < chunk_ends[c]; ++row) {
      const auto columns = rows.RowColumns(row);
      const auto values = rows.RowValues(row);
      if (columns.empty()) continue;
      residuals.resize(columns.size());
      const float base = mean + row_bias[static_cast<size_t>(row)];
      for (size_t j = 0; j < columns.size(); ++j) {
        residuals[j] = values[j] - base - column_bias[static_cast<size_t>(columns[j])];
      }
      parts[c] += ridge.Solve(fixed.data(), columns, residuals,
                              solved.data() + static_cast<size_t>(row) * k);
    }
  });
  return std::accumulate(parts.begin(), parts.end(), 0.0);
}

}  // namespace

Result<BiasedAlsModel> TrainBiasedAls(const RatingMatrix& matrix, const BiasedAlsOptions& options) {
  RETURN_IF_ERROR(Validate(matrix, options));
  const auto start = std::chrono::steady_clock::now();
  const int threads = ThreadCount(options.threads);
  const auto k = static_cast<size_t>(options.factors);
  const SparseRows& users = matrix.by_user();
  const SparseRows& items = matrix.by_item();

  BiasedAlsModel model;
  model.factors = options.factors;
  model.fold_in = {options.user_damping, options.regularization};
  model.global_mean =
      static_cast<float>(std::accumulate(users.values.begin(), users.values.end(), 0.0) /
                         static_cast<double>(users.values.size()));
  model.item_bias = DampedMeans(items, model.global_mean, {}, options.item_damping);
  model.user_bias = DampedMeans(users, model.global_mean, model.item_bias, options.user_damping);
  model.user_factors.assign(static_cast<size_t>(matrix.users()) * k, 0);
  model.item_factors.assign(static_cast<size_t>(matrix.items()) * k, 0);
  if (k == 0) return model;

  for (int32_t item = 0; item < matrix.items(); ++item) {
    if (items.RowSize(item) == 0) continue;
    for (size_t c = 0; c < k; ++c) {
      const size_t at = static_cast<size_t>(item) * k + c;
      model.item_factors[at] = 0.1F * NormalAt(options.seed, at);
    }
  }
  const std::vector<int32_t> user_chunks = ChunkEnds(users);
  const std::vector<int32_t> item_chunks = ChunkEnds(items);
  const auto solve_users = [&] {
    return SolveSide(users, user_chunks, model.global_mean, model.user_bias, model.item_bias,
                     model.item_factors, model.user_factors, options, threads);
  };
  for (int iteration = 1; iteration <= options.iterations; ++iteration) {
    solve_users();
    const double squares =
        SolveSide(items, item_chunks, model.global_mean, model.item_bias, model.user_bias,
                  model.user_factors, model.item_factors, options, threads);
    const double rmse = std::sqrt(squares / static_cast<double>(matrix.nonzeros()));
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    if (options.progress && !options.progress(iteration, rmse, elapsed.count())) {
      return Error::Cancelled("training_cancelled", "The training was cancelled.");
    }
  }
  solve_users();  // so that the users' vectors are what fold-in gives
  return model;
}

float BiasedAlsModel::Predict(int32_t user, int32_t item) const {
  const auto k = static_cast<size_t>(factors);
  const auto u = static_cast<size_t>(user);
  const auto i = static_cast<size_t>(item);
  float prediction = global_mean + user_bias[u] + item_bias[i];
  for (size_t c = 0; c < k; ++c) prediction += user_factors[u * k + c] * item_factors[i * k + c];
  return Clamp(prediction);
}

RatingPredictor::User RatingPredictor::FoldIn(std::span<const RatedItem> ratings) const {
  std::vector<int32_t> columns;
  std::vector<float> residuals;
  double sum = 0;
  for (const RatedItem& rated : ratings) {
    if (!Known(rated.item)) continue;
    columns.push_back(rated.item);
    residuals.push_back(rated.rating - global_mean_ - item_bias_[static_cast<size_t>(rated.item)]);
    sum += static_cast<double>(residuals.back());
  }
  User user;
  if (columns.empty()) return user;
  user.bias = static_cast<float>(
      sum / (static_cast<double>(columns.size()) + static_cast<double>(options_.user_damping)));
  if (factors_.empty()) return user;
  // In training's order of additions, for the same bits.
  const float base = global_mean_ + user.bias;
  for (size_t j = 0, known = 0; known < columns.size(); ++j) {
    if (!Known(ratings[j].item)) continue;
    residuals[known++] =
        ratings[j].rating - base - item_bias_[static_cast<size_t>(ratings[j].item)];
  }
  user.vector.resize(static_cast<size_t>(factors_.columns));
  RidgeRow ridge(user.vector.size(), options_.regularization);
  ridge.Solve(factors_.data, columns, residuals, user.vector.data());
  return user;
}

float RatingPredictor::Predict(const User& user, int32_t item) const {
  float prediction = global_mean_ + user.bias;
  if (Known(item)) {
    prediction += item_bias_[static_cast<size_t>(item)];
    if (!user.vector.empty()) {
      const auto factors = factors_.Row(item);
      for (size_t c = 0; c < factors.size(); ++c) prediction += user.vector[c] * factors[c];
    }
  }
  return Clamp(prediction);
}

void RatingPredictor::AddShares(std::span<const RatedItem> ratings, int32_t item, float weight,
                                std::span<float> shares) const {
  std::vector<size_t> position;
  std::vector<int32_t> columns;
  std::vector<float> residuals;
  for (size_t j = 0; j < ratings.size(); ++j) {
    if (!Known(ratings[j].item)) continue;
    position.push_back(j);
    columns.push_back(ratings[j].item);
    residuals.push_back(ratings[j].rating - global_mean_ -
                        item_bias_[static_cast<size_t>(ratings[j].item)]);
  }
  if (columns.empty()) return;
  // b_u + Σ w_j·(e_j − b_u) with b_u = Σ e_j / (n + damping) and w_j = q_j·A⁻¹·q_item.
  std::vector<float> influence(columns.size(), 0);
  if (!factors_.empty() && Known(item)) {
    const auto k = static_cast<size_t>(factors_.columns);
    RidgeRow ridge(k, options_.regularization);
    std::vector<float> vector(k);
    ridge.Solve(factors_.data, columns, residuals, vector.data());
    influence = ridge.Influence(factors_.data, columns, factors_.Row(item));
  }
  const float rest = 1 - std::accumulate(influence.begin(), influence.end(), 0.0F);
  const float mean = rest / (static_cast<float>(columns.size()) + options_.user_damping);
  for (size_t j = 0; j < columns.size(); ++j)
    shares[position[j]] += weight * (influence[j] + mean) * residuals[j];
}

}  // namespace marquee::models
