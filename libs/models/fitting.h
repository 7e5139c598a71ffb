// The training side of the seam: options and Fit of every algorithm, by name. Library
// marquee_training, which needs OpenBLAS; serving needs models/registry.h alone.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "models/confidence.h"
#include "models/content.h"
#include "models/item_scale.h"
#include "models/ranker.h"
#include "models/rating_matrix.h"
#include "models/registry.h"

namespace marquee::models {

struct Option {
  std::string name;   // "ials.factors"
  double value = 0;   // where to start, for data of this size
  double lowest = 0;  // what is taken
  double highest = 0;
  // What a search on the deployer's data tries (models/search.h): these values; then from the best,
  // for as long as that helps, factors and parts of it; and steps to either side.
  std::vector<double> search = {};
  double factor = 0;  // above 1; 0: none
  double step = 0;    // above 0; 0: none
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

// Of "<prefix>.confidence_slope" and "<prefix>.confidence_floor"; beside the person's level, and with
// "<prefix>.aversion", where the mean of all ratings is given.
ConfidenceRule ConfidenceOf(const OptionValues& options, const std::string& prefix,
                            std::optional<float> mean_rating);
// Of "ranking.popularity_exponent" and "ranking.prior"; neither where there are none.
ItemScaleOptions ItemScaleOf(const OptionValues& options);
// Where to start: measured in libs/models/README.md.
inline constexpr double kAversion = 0.6;

// In an algorithm's folder. FailedPrecondition when the algorithm isn't for data of this size.
using Options = Result<std::vector<Option>>(const RatingMatrix& ratings);
// In an algorithm's folder. `options` holds all of its options, within their bounds.
using FitParameters = Result<Parameters>(const RatingMatrix& ratings, const OptionValues& options,
                                         const Fitting& fitting);

// In the folder of an algorithm for which it is much quicker: [histories, items], what the scorer of
// a fit would score. Items of the histories are in range.
using FitHistoryScores = Result<std::vector<float>>(
    const RatingMatrix& ratings, const OptionValues& options, const Fitting& fitting,
    std::span<const std::vector<RatedItem>> histories);

// The options of an algorithm or a blend, whose parts have a weight besides ("ease.weight"), and for
// ranking, but for the baseline, "ranking.popularity_exponent" and "ranking.prior"
// (models/item_scale.h).
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
// [histories, items]: how one algorithm, no blend, fitted on the ratings, scores histories, without
// what every model for ranking has besides. `options` holds all of its options.
Result<std::vector<float>> FitScores(std::string_view algorithm, const RatingMatrix& ratings,
                                     const OptionValues& options, const Fitting& fitting,
                                     std::span<const std::vector<RatedItem>> histories);

// A fit as it is served.

Result<std::shared_ptr<const Ranker>> FitRanker(std::string_view algorithm,
                                                const RatingMatrix& ratings,
                                                const OptionValues& asked, const Fitting& fitting);

}  // namespace marquee::models
