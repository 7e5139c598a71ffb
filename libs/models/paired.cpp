#include "models/paired.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "models/random.h"

namespace marquee::models {
namespace {

double Scaled(const Figure& total, Scale scale) {
  if (total.weight <= 0) return 0;
  const double mean = total.sum / total.weight;
  return scale == Scale::kMean ? mean : std::sqrt(std::max(0.0, mean));
}

void Add(const Figure& figure, Figure& total) {
  total.sum += figure.sum;
  total.weight += figure.weight;
}

Figure Total(std::span<const Figure> people) {
  Figure total;
  for (const Figure& one : people) Add(one, total);
  return total;
}

// Of a mean: Σ sum / Σ weight.
Estimate MeanOf(std::span<const Figure> people) {
  const Figure total = Total(people);
  Estimate estimate{.value = Scaled(total, Scale::kMean)};
  double squares = 0;
  for (const Figure& one : people) {
    if (one.weight <= 0) continue;
    ++estimate.people;
    const double residual = one.sum - estimate.value * one.weight;
    squares += residual * residual;
  }
  if (estimate.people < 2) return estimate;
  const auto n = static_cast<double>(estimate.people);
  estimate.standard_error = std::sqrt(squares * n / (n - 1)) / total.weight;
  return estimate;
}

double Percentile(const std::vector<double>& ascending, double share) {
  const double at = share * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, ascending.size() - 1);
  const double part = at - static_cast<double>(below);
  return ascending[below] + part * (ascending[above] - ascending[below]);
}

}  // namespace

double Overall(std::span<const Figure> people, Scale scale) { return Scaled(Total(people), scale); }

Estimate EstimateOf(std::span<const Figure> people, Scale scale) {
  Estimate estimate = MeanOf(people);
  if (scale == Scale::kMean) return estimate;
  estimate.value = std::sqrt(std::max(0.0, estimate.value));
  if (estimate.value > 0) estimate.standard_error /= 2 * estimate.value;
  return estimate;
}

Estimate Difference(std::span<const Figure> a, std::span<const Figure> b, Scale scale) {
  std::vector<Figure> differences(std::min(a.size(), b.size()));
  for (size_t i = 0; i < differences.size(); ++i)
    differences[i] = {a[i].sum - b[i].sum, a[i].weight};
  Estimate estimate = MeanOf(differences);
  if (scale == Scale::kMean) return estimate;
  // √x − √y = (x − y) / (√x + √y)
  const double roots = Overall(a, scale) + Overall(b, scale);
  estimate.value = roots > 0 ? estimate.value / roots : 0;
  estimate.standard_error = roots > 0 ? estimate.standard_error / roots : 0;
  return estimate;
}

BootstrapDifference Bootstrap(std::span<const Figure> a, std::span<const Figure> b, Scale scale,
                              const BootstrapOptions& options) {
  BootstrapDifference result;
  std::vector<size_t> who;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i].weight > 0) who.push_back(i);
  }
  result.difference = Overall(a, scale) - Overall(b, scale);
  result.people = static_cast<int64_t>(who.size());
  result.lower = result.upper = result.difference;
  if (who.size() < 2 || options.resamples < 1) return result;
  Random random(options.seed);
  std::vector<double> differences(static_cast<size_t>(options.resamples));
  for (double& difference : differences) {
    Figure of_a;
    Figure of_b;
    for (size_t i = 0; i < who.size(); ++i) {
      const size_t drawn = who[static_cast<size_t>(random.Below(who.size()))];
      Add(a[drawn], of_a);
      Add(b[drawn], of_b);
    }
    difference = Scaled(of_a, scale) - Scaled(of_b, scale);
  }
  std::sort(differences.begin(), differences.end());
  const double outside = (1 - options.confidence) / 2;
  result.lower = Percentile(differences, outside);
  result.upper = Percentile(differences, 1 - outside);
  return result;
}

}  // namespace marquee::models
