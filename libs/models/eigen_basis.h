// Eigenbasis of a symmetric matrix. Internal to this module; keeps Eigen in one file.
#pragma once

#include <cstddef>
#include <vector>

namespace marquee::models {

struct EigenBasis {
  std::vector<double> values;  // [padded k], falling; 0 beyond k
  std::vector<float>
      rotation;  // [padded k, padded k], column e is eigenvector e; identity beyond k
};

// Of the leading k × k of a symmetric matrix with the given stride. Negative rounding is cut to 0.
EigenBasis Diagonalize(const std::vector<double>& matrix, size_t k, size_t stride);

}  // namespace marquee::models
