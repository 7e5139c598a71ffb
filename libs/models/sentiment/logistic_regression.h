// Logistic regression with an L2 penalty, by Newton's method with conjugate gradients (Lin, Weng and
// Keerthi, Trust region Newton method for large-scale logistic regression, JMLR 2008; here with a
// line search). Minimises what scikit-learn's LogisticRegression minimises,
//   ½·‖w‖² + C·Σ ln(1 + exp(−y·(w·x + b))),  y = ±1,
// in which the intercept b isn't penalised. The same data give the same result to the bit.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "models/sentiment/features.h"

namespace marquee::models::sentiment {

struct LogisticOptions {
  double c = 1;              // above 0: the inverse of the penalty's strength
  double tolerance = 1e-7;   // of the gradient's largest element, over max(1, C)
  int max_iterations = 200;  // Newton steps
};

struct LogisticModel {
  std::vector<double> weights;  // [columns]
  double intercept = 0;
};

// positive[i]: of row i. Starts from `start`, if that has weights. InvalidArgument "one_class" when all
// rows are of one class.
Result<LogisticModel> FitLogistic(const Features& features, const std::vector<bool>& positive,
                                  const LogisticOptions& options, LogisticModel start = {});

// w·x + b of each row.
std::vector<double> Scores(const Features& features, const LogisticModel& model);

double Sigmoid(double score);  // 1 / (1 + exp(−score)), without overflow

}  // namespace marquee::models::sentiment
