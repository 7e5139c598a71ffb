#include "models/eigen_basis.h"

#include <Eigen/Eigenvalues>
#include <algorithm>

#include "models/kernels.h"

namespace marquee::models {

EigenBasis Diagonalize(const std::vector<double>& matrix, size_t k, size_t stride) {
  const auto size = static_cast<Eigen::Index>(k);
  Eigen::MatrixXd symmetric(size, size);
  for (size_t i = 0; i < k; ++i) {
    for (size_t j = 0; j < k; ++j) {
      symmetric(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) =
          matrix[i * stride + j];
    }
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(symmetric);
  const size_t padded = Padded(k);
  EigenBasis basis{std::vector<double>(padded, 0), std::vector<float>(padded * padded, 0)};
  for (size_t e = 0; e < k; ++e) {
    const auto from = static_cast<Eigen::Index>(k - 1 - e);
    basis.values[e] = std::max(0.0, solver.eigenvalues()(from));
    for (size_t i = 0; i < k; ++i) {
      basis.rotation[i * padded + e] =
          static_cast<float>(solver.eigenvectors()(static_cast<Eigen::Index>(i), from));
    }
  }
  for (size_t e = k; e < padded; ++e) basis.rotation[e * padded + e] = 1;
  return basis;
}

}  // namespace marquee::models
