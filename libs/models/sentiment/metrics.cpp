#include "models/sentiment/metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <numeric>
#include <optional>
#include <utility>

#include "models/parallel.h"
#include "models/sentiment/logistic_regression.h"

namespace marquee::models::sentiment {
namespace {

constexpr size_t kBins = 10;

// By the ranks' sum (Mann and Whitney 1947).
double RocAuc(std::span<const double> scores, const std::vector<bool>& positive) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] < scores[b]; });
  double ranks = 0;
  double positives = 0;
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin;
    while (end < order.size() && scores[order[end]] == scores[order[begin]]) ++end;
    const double rank = static_cast<double>(begin + end + 1) / 2;
    for (size_t i = begin; i < end; ++i) {
      if (!positive[order[i]]) continue;
      ranks += rank;
      ++positives;
    }
    begin = end;
  }
  const double negatives = static_cast<double>(scores.size()) - positives;
  if (positives == 0 || negatives == 0) return 0.5;
  return (ranks - positives * (positives + 1) / 2) / (positives * negatives);
}

}  // namespace

double LogLoss(double log_odds, bool positive) {
  const double x = positive ? -log_odds : log_odds;
  return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));
}

std::vector<Figure> Hits(std::span<const double> log_odds, const std::vector<bool>& positive) {
  std::vector<Figure> hits;
  hits.reserve(log_odds.size());
  for (size_t i = 0; i < log_odds.size(); ++i)
    hits.push_back({.sum = (log_odds[i] > 0) == positive[i] ? 1.0 : 0.0, .weight = 1});
  return hits;
}

std::vector<CalibrationBin> Calibration(std::span<const double> log_odds,
                                        const std::vector<bool>& positive) {
  std::vector<CalibrationBin> bins(kBins);
  for (size_t i = 0; i < log_odds.size(); ++i) {
    const double p = Sigmoid(log_odds[i]);
    auto& bin = bins[std::min(static_cast<size_t>(p * kBins), kBins - 1)];
    ++bin.texts;
    bin.predicted += p;
    bin.positive += positive[i] ? 1 : 0;
  }
  for (auto& bin : bins) {
    if (bin.texts == 0) continue;
    bin.predicted /= static_cast<double>(bin.texts);
    bin.positive /= static_cast<double>(bin.texts);
  }
  return bins;
}

Metrics Measure(std::span<const double> log_odds, const std::vector<bool>& positive) {
  Metrics metrics;
  metrics.texts = std::ssize(log_odds);
  if (log_odds.empty()) return metrics;
  std::array<std::array<double, 2>, 2> counts{};  // [is positive][judged positive]
  for (size_t i = 0; i < log_odds.size(); ++i) {
    const double p = Sigmoid(log_odds[i]);
    const double label = positive[i] ? 1 : 0;
    counts[positive[i] ? 1 : 0][p > 0.5 ? 1 : 0] += 1;
    metrics.log_loss += LogLoss(log_odds[i], positive[i]);
    metrics.brier += (p - label) * (p - label);
  }
  const auto texts = static_cast<double>(metrics.texts);
  const double hits = counts[1][1];
  const double wrong = counts[0][1] + counts[1][0];
  metrics.accuracy = (hits + counts[0][0]) / texts;
  metrics.f1 = hits > 0 ? 2 * hits / (2 * hits + wrong) : 0;
  metrics.roc_auc = RocAuc(log_odds, positive);
  metrics.log_loss /= texts;
  metrics.brier /= texts;
  for (const auto& bin : Calibration(log_odds, positive))
    metrics.calibration_error +=
        static_cast<double>(bin.texts) / texts * std::abs(bin.predicted - bin.positive);
  return metrics;
}

Result<CrossValidated> CrossValidate(std::span<const LabelledText> texts, int folds,
                                     std::uint64_t seed, const FitOptions& options, int threads,
                                     const std::function<void()>& fitted) {
  CrossValidated result;
  result.folds = StratifiedFolds(texts, folds, seed);
  result.log_odds.resize(texts.size());
  result.c.resize(static_cast<size_t>(folds));
  std::mutex mutex;
  std::optional<Error> failed;
  ParallelFor(ThreadCount(threads), folds, [&](int64_t fold, int) {
    std::vector<LabelledText> train;
    for (size_t i = 0; i < texts.size(); ++i) {
      if (result.folds[i] != fold) train.push_back(texts[i]);
    }
    const auto model = Fit(train, options);
    if (model.ok()) {
      result.c[static_cast<size_t>(fold)] = model->c;
      for (size_t i = 0; i < texts.size(); ++i) {
        if (result.folds[i] == fold)
          result.log_odds[i] = model->classifier->Judge(texts[i].text).log_odds;
      }
    }
    const std::lock_guard lock(mutex);
    if (!model.ok()) failed = model.error();
    if (fitted) fitted();
  });
  if (failed) return *failed;
  return result;
}

}  // namespace marquee::models::sentiment
