#include "models/sentiment/logistic_regression.h"

#include <Eigen/Core>
#include <Eigen/SparseCore>
#include <algorithm>
#include <cmath>
#include <utility>

namespace marquee::models::sentiment {
namespace {

using Vector = Eigen::VectorXd;
using Matrix = Eigen::SparseMatrix<double, Eigen::RowMajor, int32_t>;

// ln(1 + exp(x)), without overflow.
double SoftPlus(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

// The objective in v = (weights, intercept).
class Problem {
 public:
  Problem(const Features& features, const std::vector<bool>& positive, double c)
      : x_(features.rows(), features.columns, static_cast<int32_t>(features.column.size()),
           features.offsets.data(), features.column.data(), features.value.data()),
        y_(features.rows()),
        c_(c) {
    for (Eigen::Index i = 0; i < y_.size(); ++i)
      y_[i] = positive[static_cast<size_t>(i)] ? 1.0 : -1.0;
  }

  Eigen::Index size() const { return x_.cols() + 1; }

  Vector Margins(const Vector& v) const {
    Vector margins = x_ * v.head(x_.cols());
    margins.array() += v[x_.cols()];
    return margins;
  }

  double Value(const Vector& v, const Vector& margins) const {
    double loss = 0;
    for (Eigen::Index i = 0; i < y_.size(); ++i) loss += SoftPlus(-y_[i] * margins[i]);
    return 0.5 * v.head(x_.cols()).squaredNorm() + c_ * loss;
  }

  // Of the penalty and the loss; `curvature` gets C·σ(1−σ) of each row.
  Vector Gradient(const Vector& v, const Vector& margins, Vector& curvature) const {
    Vector slope(y_.size());
    curvature.resize(y_.size());
    for (Eigen::Index i = 0; i < y_.size(); ++i) {
      const double p = Sigmoid(margins[i]);
      slope[i] = c_ * (p - (y_[i] > 0 ? 1.0 : 0.0));
      curvature[i] = c_ * p * (1 - p);
    }
    Vector gradient(size());
    gradient.head(x_.cols()) = v.head(x_.cols()) + x_.transpose() * slope;
    gradient[x_.cols()] = slope.sum();
    return gradient;
  }

  Vector TimesHessian(const Vector& d, const Vector& curvature) const {
    const Vector rows = Margins(d).cwiseProduct(curvature);
    Vector product(size());
    product.head(x_.cols()) = d.head(x_.cols()) + x_.transpose() * rows;
    product[x_.cols()] = rows.sum();
    return product;
  }

  Vector HessianDiagonal(const Vector& curvature) const {
    Vector diagonal = Vector::Ones(size());
    for (Eigen::Index row = 0; row < x_.rows(); ++row) {
      for (decltype(x_)::InnerIterator it(x_, row); it; ++it)
        diagonal[it.col()] += curvature[row] * it.value() * it.value();
    }
    diagonal[x_.cols()] = std::max(curvature.sum(), 1e-12);
    return diagonal;
  }

 private:
  Eigen::Map<const Matrix> x_;
  Vector y_;
  double c_;
};

// Solves H·d = −gradient well enough for a Newton step: conjugate gradients, preconditioned by the
// diagonal, stopped early while far from the optimum (Dembo and Steihaug 1983).
Vector NewtonStep(const Problem& problem, const Vector& gradient, const Vector& curvature) {
  constexpr int kMostSteps = 500;
  const Vector diagonal = problem.HessianDiagonal(curvature);
  Vector step = Vector::Zero(problem.size());
  Vector residual = -gradient;
  Vector scaled = residual.cwiseQuotient(diagonal);
  Vector direction = scaled;
  double product = residual.dot(scaled);
  const double norm = gradient.norm();
  const double enough = std::min(0.1, std::sqrt(norm)) * norm;
  for (int i = 0; i < kMostSteps && residual.norm() > enough; ++i) {
    const Vector turned = problem.TimesHessian(direction, curvature);
    const double bend = direction.dot(turned);
    if (!(bend > 0)) break;
    const double length = product / bend;
    step += length * direction;
    residual -= length * turned;
    scaled = residual.cwiseQuotient(diagonal);
    const double next = residual.dot(scaled);
    direction = scaled + (next / product) * direction;
    product = next;
  }
  return step;
}

}  // namespace

double Sigmoid(double score) {
  if (score >= 0) return 1 / (1 + std::exp(-score));
  const double e = std::exp(score);
  return e / (1 + e);
}

Result<LogisticModel> FitLogistic(const Features& features, const std::vector<bool>& positive,
                                  const LogisticOptions& options, LogisticModel start) {
  const auto positives = std::count(positive.begin(), positive.end(), true);
  if (positives == 0 || positives == std::ssize(positive))
    return Error::InvalidArgument("one_class",
                                  "All texts have one label: both positive and negative ones are "
                                  "needed to learn from.");
  const Problem problem(features, positive, options.c);
  Vector v = Vector::Zero(problem.size());
  if (!start.weights.empty()) {
    std::copy(start.weights.begin(), start.weights.end(), v.data());
    v[v.size() - 1] = start.intercept;
  }
  Vector margins = problem.Margins(v);
  double value = problem.Value(v, margins);
  Vector curvature;
  for (int i = 0; i < options.max_iterations; ++i) {
    const Vector gradient = problem.Gradient(v, margins, curvature);
    if (gradient.lpNorm<Eigen::Infinity>() <= options.tolerance * std::max(1.0, options.c)) break;
    const Vector step = NewtonStep(problem, gradient, curvature);
    const double slope = gradient.dot(step);
    // Halved until the objective falls by enough (Armijo); 0 only where rounding allows no more.
    double length = 1;
    for (; length > 1e-10; length /= 2) {
      const Vector tried = v + length * step;
      const Vector its_margins = problem.Margins(tried);
      const double its_value = problem.Value(tried, its_margins);
      if (its_value <= value + 1e-4 * length * slope) {
        v = tried;
        margins = its_margins;
        value = its_value;
        break;
      }
    }
    if (length <= 1e-10) break;
  }
  LogisticModel model;
  model.weights.assign(v.data(), v.data() + v.size() - 1);
  model.intercept = v[v.size() - 1];
  return model;
}

std::vector<double> Scores(const Features& features, const LogisticModel& model) {
  std::vector<double> scores(static_cast<size_t>(features.rows()), model.intercept);
  for (size_t row = 0; row < scores.size(); ++row) {
    for (auto i = static_cast<size_t>(features.offsets[row]);
         i < static_cast<size_t>(features.offsets[row + 1]); ++i)
      scores[row] += features.value[i] * model.weights[static_cast<size_t>(features.column[i])];
  }
  return scores;
}

}  // namespace marquee::models::sentiment
