// Whether one method is better than another, judged on the same people: paired differences, their
// standard errors, and a paired bootstrap. People are the unit, since what one person does in
// several films is alike; a figure of ratings weighs a person by how many there were (a ratio
// estimate; Cochran 1977, chapter 6).
#pragma once

#include <cstdint>
#include <span>

namespace marquee::models {

// What one person adds to a mean: the sum of something and of what over. A weight of 0: nothing.
struct Figure {
  double sum = 0;
  double weight = 0;
};

// What is compared: Σ sum / Σ weight, or (of squared errors) its root.
enum class Scale : uint8_t { kMean, kRootMean };

struct Estimate {
  double value = 0;
  double standard_error = 0;  // 0 of fewer than two people, where nothing can be said
  int64_t people = 0;         // whose weight isn't 0
};

// Over all people.
double Overall(std::span<const Figure> people, Scale scale);
// Of one method, with what its value would vary by with other people.
Estimate EstimateOf(std::span<const Figure> people, Scale scale);
// a − b, of the same people in the same order, with the same weights. Of roots by the delta method.
Estimate Difference(std::span<const Figure> a, std::span<const Figure> b, Scale scale);

struct BootstrapOptions {
  int resamples = 2'000;
  double confidence = 0.9;  // two-sided: 5 % on either side
  uint64_t seed = 1;
};

struct BootstrapDifference {
  double difference = 0;  // a − b, as measured
  double lower = 0;       // percentiles of the resamples' differences
  double upper = 0;
  int64_t people = 0;
};

// Draws as many people as there are, with replacement, again and again (Efron and Tibshirani 1993,
// chapter 13); the same draws for both methods. The same seed gives the same interval.
BootstrapDifference Bootstrap(std::span<const Figure> a, std::span<const Figure> b, Scale scale,
                              const BootstrapOptions& options = {});

}  // namespace marquee::models
