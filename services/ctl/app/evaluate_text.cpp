// What evaluate found out, for people and for programs.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ctl/app/evaluate.h"
#include "ctl/terminal/terminal.h"

namespace marquee::ctl {
namespace {

using nlohmann::json;

json ToJson(std::optional<double> value) { return value ? json(*value) : json(nullptr); }

// Intervals are listed, what isn't said is left out.
json ToJson(const Comparison& comparison, const Values& values) {
  json object = json::object();
  json intervals = json::array();
  for (std::size_t m = 0; m < values.size(); ++m) {
    const std::string& key = comparison.measures[m].key;
    if (!values[m] || key.starts_with("width_")) continue;
    if (!key.starts_with("coverage_")) {
      object[key] = *values[m];
      continue;
    }
    // Its width is the next measure.
    intervals.push_back({{"share", std::stod(key.substr(key.find('_') + 1)) / 100},
                         {"coverage", *values[m]},
                         {"width", ToJson(values[m + 1])}});
  }
  if (!intervals.empty()) object["intervals"] = std::move(intervals);
  return object;
}

json ToJson(const models::Estimate& estimate) {
  return {{"value", estimate.value},
          {"standard_error", estimate.standard_error},
          {"people", estimate.people}};
}

json ToJson(const std::vector<models::Measured>& curve) {
  json steps = json::array();
  for (const auto& one : curve)
    steps.push_back({{"name", one.name}, {"step", one.step}, {"value", one.value}});
  return steps;
}

json ToJson(const models::Found& found) {
  json trials = json::array();
  for (const models::Trial& trial : found.trials) {
    trials.push_back({{"option", trial.option},
                      {"value", trial.value},
                      {"objective", trial.objective},
                      {"ndcg_at_100", trial.ndcg_at_100},
                      {"liked_ndcg_at_100", trial.liked_ndcg_at_100},
                      {"taken", trial.taken}});
  }
  return {{"options", found.values},
          {"trials", trials},
          {"users", found.users},
          {"complete", found.complete}};
}

json FoldsOf(const Comparison& comparison, const MethodResult& method) {
  json folds = json::array();
  for (std::size_t fold = 0; fold < method.folds.size(); ++fold) {
    folds.push_back(ToJson(comparison, method.folds[fold]));
    if (fold < method.curves.size() && !method.curves[fold].empty())
      folds.back()["convergence"] = ToJson(method.curves[fold]);
    if (fold < method.searches.size() && !method.searches[fold].trials.empty())
      folds.back()["search"] = ToJson(method.searches[fold]);
  }
  return folds;
}

json MethodJson(const Comparison& comparison, std::size_t m) {
  const MethodResult& method = comparison.methods[m];
  json value{{"name", method.name},          {"algorithm", method.algorithm},
             {"options", method.options},    {"metrics", json::object()},
             {"difference", json::object()}, {"per_fold", FoldsOf(comparison, method)}};
  for (std::size_t i = 0; i < comparison.measures.size(); ++i) {
    const std::string& key = comparison.measures[i].key;
    if (const auto estimate = EstimateOf(comparison, m, i)) {
      value["metrics"][key] = ToJson(*estimate);
    } else {
      value["metrics"][key] = ToJson(method.means[i]);
    }
    if (const auto difference = DifferenceOf(comparison, m, i))
      value["difference"][key] = ToJson(*difference);
  }
  return value;
}

std::size_t Column(const Comparison& comparison, std::string_view key) {
  std::size_t at = 0;
  while (at < comparison.measures.size() && comparison.measures[at].key != key) ++at;
  return at;
}

const MethodResult* Named(const Comparison& comparison, std::string_view name) {
  for (const MethodResult& method : comparison.methods) {
    if (method.name == name) return &method;
  }
  return nullptr;
}

std::optional<double> RatioToPopularity(const Comparison& comparison) {
  const MethodResult* popularity = Named(comparison, "popularity");
  if (comparison.task != models::kRanking || popularity == nullptr) return std::nullopt;
  const double base = popularity->means.front().value_or(0);
  if (base <= 0) return std::nullopt;
  return comparison.methods.front().means.front().value_or(0) / base;
}

// Of a table: those that any method has.
std::vector<std::size_t> Columns(const Comparison& comparison, bool headline_only) {
  std::vector<std::size_t> columns;
  for (std::size_t m = 0; m < comparison.measures.size(); ++m) {
    if (AnyHas(comparison, m) && (comparison.measures[m].headline || !headline_only))
      columns.push_back(m);
  }
  return columns;
}

std::string TableOf(const Comparison& comparison, const std::vector<std::size_t>& columns,
                    const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::string> header{""};
  for (const std::size_t m : columns) header.push_back(comparison.measures[m].label);
  return Table(header, rows);
}

std::string MeansTable(const Comparison& comparison) {
  const auto columns = Columns(comparison, comparison.task != models::kRanking);
  std::vector<std::vector<std::string>> rows;
  for (const MethodResult& method : comparison.methods) {
    auto& row = rows.emplace_back(std::vector<std::string>{method.name});
    for (const std::size_t m : columns)
      row.push_back(Shown(comparison.measures[m], method.means[m]));
  }
  return TableOf(comparison, columns, rows);
}

std::string DifferencesTable(const Comparison& comparison) {
  const auto columns = Columns(comparison, true);
  std::vector<std::vector<std::string>> rows;
  std::int64_t people = 0;
  for (std::size_t method = 0; method < comparison.methods.size(); ++method) {
    std::vector<std::string> row{comparison.methods[method].name};
    bool any = false;
    for (const std::size_t m : columns) {
      const auto difference = DifferenceOf(comparison, method, m);
      row.push_back(difference ? Shown(comparison.measures[m], *difference) : "");
      any = any || difference;
      if (difference) people = std::max(people, difference->people);
    }
    if (any) rows.push_back(std::move(row));
  }
  if (rows.empty()) return {};
  return fmt::format(
             "\nLess {}, on the same {} people (± the paired difference's standard error):\n",
             comparison.methods[comparison.reference].name, Grouped(people)) +
         TableOf(comparison, columns, rows);
}

// Of the first method, when it says how sure it is.
std::string IntervalsTable(const Comparison& comparison) {
  const MethodResult& method = comparison.methods.front();
  const std::size_t log_loss = Column(comparison, "log_loss");
  if (log_loss == comparison.measures.size() || !method.means[log_loss]) return {};
  std::vector<std::vector<std::string>> rows;
  for (const auto* share : {"50", "80", "90"}) {
    const auto cover = method.means[Column(comparison, std::string("coverage_") + share)];
    const auto width = method.means[Column(comparison, std::string("width_") + share)];
    rows.push_back({std::string(share) + " %", Fixed(100 * cover.value_or(0), 1) + " %",
                    Fixed(width.value_or(0), 2)});
  }
  return "\n" + Table({"intervals of", "cover", "stars wide"}, rows) +
         fmt::format("\nLog-loss over the ten values: {:.4f}.\n", *method.means[log_loss]);
}

// The last step of each fold.
std::string Convergence(const MethodResult& method) {
  std::string text;
  for (std::size_t fold = 0; fold < method.curves.size(); ++fold) {
    if (method.curves[fold].empty()) continue;
    const auto& last = method.curves[fold].back();
    text += fmt::format("Fold {}: {} {:.4f} after {} steps.\n", fold + 1, last.name, last.value,
                        last.step);
  }
  return text.empty() ? text : "\n" + text;
}

std::string HowSplit(const Comparison& comparison) {
  const auto folds = fmt::format("{} folds, seed {}", comparison.folds, comparison.seed);
  if (comparison.split == kTemporal)
    return folds + ": of each held-out person the last fifth of the ratings by time.";
  if (comparison.split == kLeaveLast)
    return folds + ": of each held-out person the very last rating.";
  if (comparison.split == kRandomRatings) return folds + ": of the ratings.";
  if (comparison.split == kRandomItems)
    return folds +
           ": of the movies, whose ratings nobody has in training; lists are of them alone.";
  return folds + ": of each held-out person a fifth of the ratings at random.";
}

}  // namespace

std::string Shown(const Measure& measure, std::optional<double> value) {
  if (!value) return "none";
  if (measure.key.starts_with("width_")) return Fixed(*value, 2);
  return measure.percent ? Fixed(100 * *value, 2) + " %" : Fixed(*value, 4);
}

std::string Shown(const Measure& measure, const models::Estimate& difference) {
  if (measure.percent)
    return fmt::format("{:+.2f} ± {:.2f} %", 100 * difference.value,
                       100 * difference.standard_error);
  return fmt::format("{:+.4f} ± {:.4f}", difference.value, difference.standard_error);
}

json ToJson(const Comparison& comparison) {
  const MethodResult& first = comparison.methods.front();
  json value{{"task", comparison.task},
             {"split", comparison.split},
             {"folds", comparison.folds},
             {"seed", comparison.seed},
             {"ratings", comparison.ratings},
             {"users", comparison.users()},
             {"movies", comparison.movies},
             {"algorithm", first.algorithm},
             {"model", ToJson(comparison, first.means)},
             {"per_fold", FoldsOf(comparison, first)},
             {"reference", comparison.methods[comparison.reference].name},
             {"methods", json::array()}};
  for (const models::Task& task : models::TasksOfRatings()) {
    const MethodResult* baseline = Named(comparison, task.baseline);
    if (baseline == nullptr) continue;
    const std::string key = task.name == models::kRanking ? "popularity" : "bias_baseline";
    value[key] = ToJson(comparison, baseline->means);
  }
  if (const auto ratio = RatioToPopularity(comparison)) value["ndcg_ratio_to_popularity"] = *ratio;
  for (std::size_t m = 0; m < comparison.methods.size(); ++m)
    value["methods"].push_back(MethodJson(comparison, m));
  return value;
}

std::string ToText(const Comparison& comparison) {
  std::string text = MeansTable(comparison) + DifferencesTable(comparison);
  if (comparison.task == models::kRating) text += IntervalsTable(comparison);
  if (comparison.task != kColdItemsTask) text += Convergence(comparison.methods.front());
  text += "\n" + HowSplit(comparison) + "\n";
  if (const auto ratio = RatioToPopularity(comparison))
    text += fmt::format("NDCG@100 is {:.3f} times popularity's.\n", *ratio);
  if (comparison.task == models::kRanking) {
    const auto liked = EstimateOf(comparison, 0, Column(comparison, "liked_ndcg_at_100"));
    text += fmt::format(
        "liked: only films rated {:.0f} or better, and at or above the person's own mean, count "
        "({} people have any).\n"
        "disliked@20: the share of the first 20 that was held out and rated {:.1f} or less.\n",
        models::kLiked, Grouped(liked ? liked->people : 0), models::kDisliked);
  }
  if (comparison.task == kColdItemsTask)
    text += "none: says the same of all of them, or isn't for that.\n";
  return text;
}

}  // namespace marquee::ctl
