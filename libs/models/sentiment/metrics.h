// How good probabilities are, on texts whose labels are known.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "models/paired.h"
#include "models/sentiment/fit.h"

namespace marquee::models::sentiment {

struct Metrics {
  double accuracy = 0;           // share judged right; positive above 0.5
  double f1 = 0;                 // of "positive": harmonic mean of precision and recall
  double roc_auc = 0;            // that a positive text is above a negative one; ties count half
  double log_loss = 0;           // mean −ln P(the label)
  double brier = 0;              // mean squared error of the probability
  double calibration_error = 0;  // expected calibration error over ten equal bins (Naeini 2015)
  int64_t texts = 0;
};

// A bin of probabilities, for a reliability table.
struct CalibrationBin {
  int64_t texts = 0;
  double predicted = 0;  // mean probability
  double positive = 0;   // share that is
};

// −ln P(the label), of log-odds.
double LogLoss(double log_odds, bool positive);

// log_odds[i] and positive[i] of text i; both classes are there.
Metrics Measure(std::span<const double> log_odds, const std::vector<bool>& positive);
// For each text whether it was judged right, as models/paired.h compares methods.
std::vector<Figure> Hits(std::span<const double> log_odds, const std::vector<bool>& positive);
std::vector<CalibrationBin> Calibration(std::span<const double> log_odds,
                                        const std::vector<bool>& positive);

struct CrossValidated {
  std::vector<double> log_odds;  // of each text, by the model that hasn't seen it
  std::vector<int32_t> folds;    // of each text
  std::vector<double> c;         // of each fold's fit
};
// Fits on the other folds and judges each, as it would be served. `fitted` hears of each fit, from any
// thread, one at a time. The same whatever `threads` (0: all cores) is. Errors as Fit.
Result<CrossValidated> CrossValidate(std::span<const LabelledText> texts, int folds,
                                     std::uint64_t seed, const FitOptions& options, int threads,
                                     const std::function<void()>& fitted);

}  // namespace marquee::models::sentiment
