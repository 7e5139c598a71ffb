// Draws for Gibbs sampling. The generator is seeded by where in the chain a draw is made, not by
// what was drawn before, so that the order in which rows are visited, and the number of threads,
// change nothing.
#pragma once

#include <Eigen/Core>
#include <cstdint>

#include "models/random.h"

namespace marquee::models::bayesian_mf {

// What a draw is for: a side's rows, or its hyperparameters.
enum class Site : uint64_t { kStart, kUsers, kItems, kUserPrior, kItemPrior, kNoise, kHeldOut };

class Sampler {
 public:
  Sampler(uint64_t seed, int sweep, Site site, int32_t row = 0)
      : random_(Mix(Mix(Mix(seed, static_cast<uint64_t>(sweep)), static_cast<uint64_t>(site)),
                    static_cast<uint64_t>(row))) {}

  double Uniform() { return random_.Uniform(); }
  // Standard normal: the polar method (Marsaglia and Bray 1964).
  double Normal();
  // Mean shape/rate (Marsaglia and Tsang 2000); both above 0.
  double Gamma(double shape, double rate);
  // [rows, columns] of standard normals.
  Eigen::MatrixXd Normals(Eigen::Index rows, Eigen::Index columns);
  // Wishart with `degrees` of freedom, at least the dimension, and scale the inverse of
  // `inverse_scale` (Bartlett 1933).
  Eigen::MatrixXd Wishart(const Eigen::MatrixXd& inverse_scale, double degrees);

 private:
  Random random_;
  double spare_ = 0;
  bool has_spare_ = false;
};

}  // namespace marquee::models::bayesian_mf
