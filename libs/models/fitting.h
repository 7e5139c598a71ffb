// The training side of the seam: options and Fit of every algorithm, by name. Library
// marquee_training, which needs OpenBLAS; serving needs models/registry.h alone.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "models/confidence.h"
#include "models/content.h"
#include "models/ranker.h"
#include "models/rating_matrix.h"
#include "models/registry.h"

namespace marquee::models {

struct Option {
  std::string name;   // "ials.factors"
  double value = 0;   // where to start, for data of this size
  double lowest = 0;  // what is taken
  double highest = 0;
  std::vector<double> search = {};  // other values that are worth trying on the deployer's data
};

// Something that an algorithm measures as it goes, to show whether it has converged.
struct Measured {
  std::string_view name;  // "bayesian_mf.held_out_rmse"
  int step = 0;           // from 1
  double value = 0;
};

struct Fitting {
  uint64_t seed = 1;
  int threads = 0;  // 0: all cores. The result doesn't depend on it
  // How much of the fit is done, 0 to 1; false cancels (Code::kCancelled).
  std::function<bool(double done)> progress{};
  std::function<void(const Measured&)> measured{};
  std::shared_ptr<const Content> content{};  // of the items; none: nothing is known of them

  bool Report(double done) const { return !progress || progress(done); }
};

// Of "<prefix>.confidence_slope" and "<prefix>.confidence_floor".
ConfidenceRule ConfidenceOf(const OptionValues& options, const std::string& prefix);

// In an algorithm's folder. FailedPrecondition when the algorithm isn't for data of this size.
using Options = Result<std::vector<Option>>(const RatingMatrix& ratings);
// In an algorithm's folder. `options` holds all of its options, within their bounds.
using FitParameters = Result<Parameters>(const RatingMatrix& ratings, const OptionValues& options,
                                         const Fitting& fitting);

// The options of an algorithm or a blend, whose parts have a weight besides ("ease.weight").
Result<std::vector<Option>> OptionsOf(std::string_view algorithm, const RatingMatrix& ratings);
// Their values, but for those that `asked` has. InvalidArgument "unknown_option" or
// "option_out_of_range", which name it.
Result<OptionValues> Values(std::span<const Option> options, const OptionValues& asked);

// What `name` stands for: for "auto" the first algorithm of the task whose options can be had.
// InvalidArgument when there is no such algorithm for the task.
Result<std::string> Resolve(const Task& task, std::string_view name, const RatingMatrix& ratings);

// Fits on star ratings, with Values(OptionsOf(algorithm, ratings), asked).
Result<Model> Fit(std::string_view algorithm, const RatingMatrix& ratings,
                  const OptionValues& asked, const Fitting& fitting);
// The same as it is served.
Result<std::shared_ptr<const Ranker>> FitRanker(std::string_view algorithm,
                                                const RatingMatrix& ratings,
                                                const OptionValues& asked, const Fitting& fitting);

}  // namespace marquee::models
