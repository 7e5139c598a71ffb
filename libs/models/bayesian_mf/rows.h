// One side's vectors, and the conditional of one of them given the other side's.
#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <cstdint>
#include <span>
#include <vector>

#include "models/bayesian_mf/sampler.h"
#include "models/kernels.h"
#include "models/parallel.h"
#include "models/rating_matrix.h"

namespace marquee::models::bayesian_mf {

// z = (bias, k factors) of each user or item, beside their ratings.
class Side {
 public:
  Side(const SparseRows& ratings, int factors);  // viewed

  const SparseRows& ratings() const { return ratings_; }
  int32_t rows() const { return ratings_.rows(); }
  int64_t rated() const { return rated_; }  // rows with ratings
  Eigen::Index size() const { return size_; }
  size_t stride() const { return stride_; }
  float bias(int32_t row) const { return bias_[static_cast<size_t>(row)]; }
  const float* factors() const { return factors_.data(); }  // [rows, stride], zeros at the end
  const float* factors(int32_t row) const {
    return factors_.data() + static_cast<size_t>(row) * stride_;
  }

  Eigen::VectorXd Get(int32_t row) const;
  void Set(int32_t row, const Eigen::VectorXd& z);

  // body(chunk, first row, end row). Chunks don't depend on the number of threads, so sums by chunk
  // that are added in their order don't either.
  template <typename Body>
  void ForEachChunk(int threads, const Body& body) const {
    ParallelFor(threads, static_cast<int64_t>(chunk_ends_.size()), [&](int64_t chunk, int) {
      const auto c = static_cast<size_t>(chunk);
      body(c, c == 0 ? 0 : chunk_ends_[c - 1], chunk_ends_[c]);
    });
  }
  size_t chunks() const { return chunk_ends_.size(); }

 private:
  const SparseRows& ratings_;
  Eigen::Index size_;  // k + 1
  size_t stride_;
  int64_t rated_ = 0;
  std::vector<int32_t> chunk_ends_;
  std::vector<float> bias_;
  FloatBuffer factors_;
};

// Σ w·x·xᵀ, Σ w·t·x and Σ t² over a row's ratings, with x = (1, the other side's factors) and t
// what is left of the stars without the mean and the other side's bias.
class RowSums {
 public:
  explicit RowSums(const Side& fixed);

  // roots: √w of each rating; none: 1.
  void Add(std::span<const int32_t> columns, std::span<const float> values, float mean,
           std::span<const float> roots);
  // precision += scale·Σ w·x·xᵀ, its lower triangle; right += scale·Σ w·t·x.
  void AddTo(double scale, Eigen::MatrixXd& precision, Eigen::VectorXd& right) const;
  // Σ (t − x·z)², of sums without weights.
  double Residual(const Eigen::VectorXd& z) const;

 private:
  static constexpr size_t kPanel = 64;
  const Kernels& kernels_;
  const Side& fixed_;
  std::vector<float> panel_;
  std::vector<float> gram_;   // of the factors, the upper triangle
  std::vector<float> sum_;    // of the factors
  std::vector<float> right_;  // of the factors
  float roots_[kPanel] = {};
  float targets_[kPanel] = {};
  double weight_ = 0;
  double target_ = 0;
  double squares_ = 0;
};

// N(A⁻¹·right, A⁻¹) of one row.
class RowPosterior {
 public:
  // Of A the lower triangle counts.
  void Set(const Eigen::MatrixXd& precision, const Eigen::VectorXd& right);
  Eigen::VectorXd Mean() const;
  Eigen::VectorXd Draw(Sampler& sampler) const;

 private:
  Eigen::LLT<Eigen::MatrixXd> factor_;  // A = LLᵀ
  Eigen::VectorXd whitened_;            // L⁻¹·right
};

}  // namespace marquee::models::bayesian_mf
