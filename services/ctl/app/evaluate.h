// The parts of `marqueectl evaluate`, between its files.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "ctl/app/commands.h"
#include "ctl/domain/comparison.h"
#include "ctl/domain/dataset.h"
#include "models/cross_validation.h"

namespace marquee::ctl {

inline constexpr std::string_view kIntervalsTask = "intervals";   // rating, and how sure it is
inline constexpr std::string_view kColdItemsTask = "cold-items";  // movies that nobody has rated
inline constexpr std::string_view kRandomUsers = "random-users";  // splits
inline constexpr std::string_view kTemporal = "temporal";
inline constexpr std::string_view kLeaveLast = "leave-last";
inline constexpr std::string_view kRandomRatings = "random-ratings";
inline constexpr std::string_view kRandomItems = "random-items";  // what cold-items splits

// What is judged on.
struct EvaluationData {
  models::RatingMatrix matrix;
  std::vector<std::int64_t> times;  // beside matrix.by_user(); empty where the split needs none
  std::shared_ptr<const models::Content> content;
  Report report;  // how it was read
};
// Reads as the flags say. InvalidArgument that names the flag, or the file and its column.
Result<EvaluationData> ReadEvaluationData(const Context& context, const EvaluateFlags& flags);

// The split that is asked for, or the task's own. InvalidArgument "split_unfit".
Result<std::string> SplitOf(const EvaluateFlags& flags);
// By people (or, for cold-items, by movies); not for random-ratings. They view the data.
models::SplitOfUsers UserSplits(const EvaluateFlags& flags, const std::string& split,
                                const EvaluationData& data);
models::SplitOfRatings RatingSplits(const EvaluateFlags& flags, const std::string& split,
                                    const EvaluationData& data);

// What is to be fitted on every fold.
struct PlannedMethod {
  std::string name;
  const models::Task* task = nullptr;
  std::string algorithm;
  models::OptionValues options = {};
  models::FitFunction fit = {};
  bool baseline = false;  // the task's own
  bool searched = false;  // what was asked for is; peers and baselines have the options' start
  std::shared_ptr<std::vector<models::Found>> searches = {};                // of each fit
  std::shared_ptr<std::vector<std::vector<models::Measured>>> curves = {};  // of each fit
};
// Those asked for, the peers, the tasks' baselines: each once. `passed_over` gets a line for each
// peer that isn't for data of this size. InvalidArgument that names the flag.
Result<std::vector<PlannedMethod>> PlanMethods(const EvaluateFlags& flags,
                                               const EvaluationData& data,
                                               std::string& passed_over);

// Fits and judges all of them.
Result<Comparison> Compare(const EvaluateFlags& flags, const std::string& split,
                           const EvaluationData& data, const std::vector<PlannedMethod>& methods,
                           const std::function<void(int done, int all)>& progress);
// Sets the reference as --against says. InvalidArgument that names the flag.
Status SetReference(const std::string& against, Comparison& comparison);

nlohmann::json ToJson(const Comparison& comparison);
std::string ToText(const Comparison& comparison);
std::string Shown(const Measure& measure, std::optional<double> value);  // "none" of nothing
std::string Shown(const Measure& measure,
                  const models::Estimate& difference);  // "+0.0020 ± 0.0011"

// fold-1/train.csv, given.csv, relevant.csv, …: docs/evaluation.md. Unavailable "folds_unwritable".
Status WriteFolds(const EvaluateFlags& flags, const std::string& split, const EvaluationData& data);

// One page that needs nothing else. Unavailable "report_unwritable".
std::string ReportPage(const Comparison& comparison);
Status WriteReport(const Comparison& comparison, const std::filesystem::path& file);

}  // namespace marquee::ctl
