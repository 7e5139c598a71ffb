#include "models/bayesian_mf/rows.h"

#include <algorithm>

namespace marquee::models::bayesian_mf {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

Side::Side(const SparseRows& ratings, int factors)
    : ratings_(ratings),
      size_(factors + 1),
      stride_(Padded(static_cast<size_t>(factors))),
      chunk_ends_(ChunkEnds(ratings)),
      bias_(static_cast<size_t>(ratings.rows()), 0),
      factors_(static_cast<size_t>(ratings.rows()) * stride_) {
  for (int32_t row = 0; row < ratings.rows(); ++row) rated_ += ratings.RowSize(row) > 0 ? 1 : 0;
}

VectorXd Side::Get(int32_t row) const {
  VectorXd z(size_);
  z[0] = static_cast<double>(bias(row));
  for (Index c = 1; c < size_; ++c) z[c] = static_cast<double>(factors(row)[c - 1]);
  return z;
}

void Side::Set(int32_t row, const VectorXd& z) {
  bias_[static_cast<size_t>(row)] = static_cast<float>(z[0]);
  float* factors = factors_.data() + static_cast<size_t>(row) * stride_;
  for (Index c = 1; c < size_; ++c) factors[c - 1] = static_cast<float>(z[c]);
}

RowSums::RowSums(const Side& fixed)
    : kernels_(BestKernels()),
      fixed_(fixed),
      panel_(kPanel * fixed.stride()),
      gram_(fixed.stride() * fixed.stride()),
      sum_(fixed.stride()),
      right_(fixed.stride()) {}

void RowSums::Add(std::span<const int32_t> columns, std::span<const float> values, float mean,
                  std::span<const float> roots) {
  const size_t stride = fixed_.stride();
  for (auto* sums : {&gram_, &sum_, &right_}) std::fill(sums->begin(), sums->end(), 0.0F);
  weight_ = 0;
  target_ = 0;
  squares_ = 0;
  for (size_t first = 0; first < columns.size(); first += kPanel) {
    const size_t n = std::min(kPanel, columns.size() - first);
    const float* weights = roots.empty() ? nullptr : roots.data() + first;
    for (size_t j = 0; j < n; ++j) {
      const float root = weights == nullptr ? 1 : weights[j];
      const float target = values[first + j] - mean - fixed_.bias(columns[first + j]);
      roots_[j] = root;
      targets_[j] = root * target;
      weight_ += static_cast<double>(root * root);
      target_ += static_cast<double>(root * targets_[j]);
      squares_ += static_cast<double>(target * target);
    }
    kernels_.gather(fixed_.factors(), stride, columns.data() + first, n, weights, nullptr, stride,
                    panel_.data());
    kernels_.syrk(panel_.data(), n, stride, gram_.data());
    kernels_.combine(panel_.data(), n, stride, roots_, sum_.data());
    kernels_.combine(panel_.data(), n, stride, targets_, right_.data());
  }
}

void RowSums::AddTo(double scale, MatrixXd& precision, VectorXd& right) const {
  precision(0, 0) += scale * weight_;
  right[0] += scale * target_;
  for (Index c = 1; c < right.size(); ++c) {
    const auto factor = static_cast<size_t>(c - 1);
    precision(c, 0) += scale * static_cast<double>(sum_[factor]);
    right[c] += scale * static_cast<double>(right_[factor]);
    const float* gram = gram_.data() + factor * fixed_.stride();
    for (Index r = c; r < right.size(); ++r)
      precision(r, c) += scale * static_cast<double>(gram[r - 1]);
  }
}

double RowSums::Residual(const VectorXd& z) const {
  MatrixXd gram = MatrixXd::Zero(z.size(), z.size());
  VectorXd right = VectorXd::Zero(z.size());
  AddTo(1, gram, right);
  const VectorXd fitted = gram.selfadjointView<Eigen::Lower>() * z;
  return std::max(0.0, squares_ - 2 * z.dot(right) + z.dot(fitted));
}

void RowPosterior::Set(const MatrixXd& precision, const VectorXd& right) {
  factor_.compute(precision);
  whitened_ = right;
  factor_.matrixL().solveInPlace(whitened_);
}

VectorXd RowPosterior::Mean() const {
  VectorXd mean = whitened_;
  factor_.matrixU().solveInPlace(mean);
  return mean;
}

VectorXd RowPosterior::Draw(Sampler& sampler) const {
  VectorXd draw = whitened_;
  for (double& one : draw) one += sampler.Normal();
  factor_.matrixU().solveInPlace(draw);
  return draw;
}

}  // namespace marquee::models::bayesian_mf
