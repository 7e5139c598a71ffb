#include "models/bayesian_mf/sampler.h"

#include <Eigen/Cholesky>
#include <cmath>

namespace marquee::models::bayesian_mf {

double Sampler::Normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  double x = 0;
  double y = 0;
  double square = 0;
  do {
    x = 2 * Uniform() - 1;
    y = 2 * Uniform() - 1;
    square = x * x + y * y;
  } while (square >= 1 || square == 0);
  const double factor = std::sqrt(-2 * std::log(square) / square);
  spare_ = y * factor;
  has_spare_ = true;
  return x * factor;
}

double Sampler::Gamma(double shape, double rate) {
  if (shape < 1) return Gamma(shape + 1, rate) * std::pow(1 - Uniform(), 1 / shape);
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = Normal();
    const double root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    if (std::log(1 - Uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v / rate;
  }
}

Eigen::MatrixXd Sampler::Normals(Eigen::Index rows, Eigen::Index columns) {
  Eigen::MatrixXd normals(rows, columns);
  for (Eigen::Index c = 0; c < columns; ++c) {
    for (Eigen::Index r = 0; r < rows; ++r) normals(r, c) = Normal();
  }
  return normals;
}

Eigen::MatrixXd Sampler::Wishart(const Eigen::MatrixXd& inverse_scale, double degrees) {
  const Eigen::Index d = inverse_scale.rows();
  Eigen::MatrixXd factor = Eigen::MatrixXd::Zero(d, d);  // Bartlett's, lower
  for (Eigen::Index c = 0; c < d; ++c) {
    factor(c, c) = std::sqrt(2 * Gamma((degrees - static_cast<double>(c)) / 2, 1));
    for (Eigen::Index r = c + 1; r < d; ++r) factor(r, c) = Normal();
  }
  // inverse_scale = LLᵀ, so scale = L⁻ᵀ·L⁻¹ and the draw is L⁻ᵀ·(BBᵀ)·L⁻¹.
  const Eigen::MatrixXd root = inverse_scale.llt().matrixL().transpose().solve(factor);
  return root * root.transpose();
}

}  // namespace marquee::models::bayesian_mf
