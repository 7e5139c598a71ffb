#include "models/fitting.h"

#include <algorithm>

#include "models/item_scale.h"

namespace marquee::models {

#define MARQUEE_ALGORITHM(name, folder, task) \
  namespace folder {                          \
  models::Options Options;                    \
  FitParameters Fit;                          \
  }
#define MARQUEE_SCORES(name, folder) \
  namespace folder {                 \
  FitHistoryScores FitScores;        \
  }
#include "models/algorithms.def"

namespace {

// Of every model for ranking (models/item_scale.h).
constexpr char kExponent[] = "ranking.popularity_exponent";
constexpr char kPrior[] = "ranking.prior";

struct Algorithm {
  std::string_view name;
  models::Options* options;
  FitParameters* fit;
};

constexpr Algorithm kAlgorithms[] = {
#define MARQUEE_ALGORITHM(name, folder, task) {name, folder::Options, folder::Fit},
#include "models/algorithms.def"
};

struct Shortcut {
  std::string_view algorithm;
  FitHistoryScores* scores;
};

constexpr Shortcut kShortcuts[] = {
#define MARQUEE_SCORES(name, folder) {name, folder::FitScores},
#include "models/algorithms.def"
};

// Of a name that TaskOf has found good.
const Algorithm& Find(std::string_view name) {
  return *std::find_if(std::begin(kAlgorithms), std::end(kAlgorithms),
                       [&](const Algorithm& algorithm) { return algorithm.name == name; });
}

}  // namespace

ConfidenceRule ConfidenceOf(const OptionValues& options, const std::string& prefix,
                            std::optional<float> mean_rating) {
  const auto number = [&](const char* name) {
    return static_cast<float>(options.at(prefix + "." + name));
  };
  ConfidenceRule rule{.slope = number("confidence_slope"), .floor = number("confidence_floor")};
  if (mean_rating) {
    rule.level = StarLevel{};
    rule.level->mean = *mean_rating;
    rule.level->aversion = number("aversion");
  }
  return rule;
}

ItemScaleOptions ItemScaleOf(const OptionValues& options) {
  if (!options.contains(kExponent)) return {};
  return {.popularity_exponent = static_cast<float>(options.at(kExponent)),
          .prior = static_cast<float>(options.at(kPrior))};
}

Result<std::vector<Option>> OptionsOf(std::string_view algorithm, const RatingMatrix& ratings) {
  const auto task = TaskOf(algorithm);
  if (!task.ok()) return task.error();
  std::vector<Option> options;
  const auto parts = Parts(algorithm);
  for (const std::string_view part : parts) {
    ASSIGN_OR_RETURN(auto own, Find(part).options(ratings));
    for (Option& option : own) {
      // Alone, its weight changes nothing.
      if (parts.size() > 1 || !option.name.ends_with(".weight"))
        options.push_back(std::move(option));
    }
  }
  // The baseline stays what it is called.
  if (*task == kRanking && algorithm != FindTask(kRanking)->baseline_algorithm) {
    options.push_back({.name = kExponent,
                       .value = -0.1,
                       .lowest = -2,
                       .highest = 2,
                       .search = {0},
                       .step = 0.05});
    options.push_back({.name = kPrior, .value = 1e-4, .lowest = 0, .highest = 1e6});
  }
  return options;
}

Result<OptionValues> Values(std::span<const Option> options, const OptionValues& asked) {
  OptionValues values;
  for (const Option& option : options) values[option.name] = option.value;
  for (const auto& [name, value] : asked) {
    const auto option = std::ranges::find(options, name, &Option::name);
    if (option == options.end()) {
      return Error::InvalidArgument("unknown_option", "There is no option " + name + ".", name);
    }
    if (!(value >= option->lowest && value <= option->highest)) {
      return Error::InvalidArgument("option_out_of_range",
                                    name + " must be " + std::to_string(option->lowest) + " to " +
                                        std::to_string(option->highest) + ".",
                                    name);
    }
    values[name] = value;
  }
  return values;
}

Result<std::string> Resolve(const Task& task, std::string_view name, const RatingMatrix& ratings) {
  if (name != "auto") {
    ASSIGN_OR_RETURN(const auto its_task, TaskOf(name));
    if (its_task == task.name) return std::string(name);
    return Error::InvalidArgument("unknown_algorithm",
                                  std::string(name) + " is for the task " + std::string(its_task) +
                                      ", not " + std::string(task.name) + ".",
                                  "algorithm");
  }
  for (const std::string_view algorithm : task.algorithms) {
    if (OptionsOf(algorithm, ratings).ok()) return std::string(algorithm);
  }
  return Error::FailedPrecondition("no_algorithm", "No algorithm is for data of this size.");
}

Result<Model> Fit(std::string_view algorithm, const RatingMatrix& ratings,
                  const OptionValues& asked, const Fitting& fitting) {
  ASSIGN_OR_RETURN(const auto options, OptionsOf(algorithm, ratings));
  ASSIGN_OR_RETURN(const OptionValues values, Values(options, asked));
  Model model;
  model.algorithm = algorithm;
  const auto parts = Parts(algorithm);
  for (size_t p = 0; p < parts.size(); ++p) {
    Fitting own = fitting;
    own.progress = [&, p](double done) {
      return fitting.Report((static_cast<double>(p) + done) / static_cast<double>(parts.size()));
    };
    ASSIGN_OR_RETURN(auto fitted, Find(parts[p]).fit(ratings, values, own));
    if (parts.size() > 1) {
      const std::string weight = std::string(parts[p]) + ".weight";
      fitted.numbers[weight] = static_cast<float>(values.at(weight));
    }
    model.parameters.Add(std::move(fitted));
  }
  if (values.contains(kExponent)) {
    AddItemScale(ScaleOf(ratings, ItemScaleOf(values)), model.parameters);
    Elicitation::Fit(ratings, model.parameters);
  }
  model.item_ids = model.parameters.Keep(ratings.item_ids());
  return model;
}

Result<std::vector<float>> FitScores(std::string_view algorithm, const RatingMatrix& ratings,
                                     const OptionValues& options, const Fitting& fitting,
                                     std::span<const std::vector<RatedItem>> histories) {
  for (const Shortcut& shortcut : kShortcuts) {
    if (shortcut.algorithm == algorithm)
      return shortcut.scores(ratings, options, fitting, histories);
  }
  ASSIGN_OR_RETURN(const Parameters fitted, Find(algorithm).fit(ratings, options, fitting));
  ASSIGN_OR_RETURN(const auto scorer, LoadScorer(algorithm, fitted, ratings.items()));
  const auto items = static_cast<size_t>(ratings.items());
  std::vector<float> scores(histories.size() * items, 0);
  for (size_t h = 0; h < histories.size(); ++h)
    scorer->Read(histories[h])->AddScores(1, std::span(scores).subspan(h * items, items));
  return scores;
}

Result<std::shared_ptr<const Ranker>> FitRanker(std::string_view algorithm,
                                                const RatingMatrix& ratings,
                                                const OptionValues& asked, const Fitting& fitting) {
  ASSIGN_OR_RETURN(auto model, Fit(algorithm, ratings, asked, fitting));
  return Ranker::Make(std::move(model));
}

}  // namespace marquee::models
