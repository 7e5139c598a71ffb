#include "models/fitting.h"

#include <algorithm>

namespace marquee::models {

#define MARQUEE_ALGORITHM(name, folder, task) \
  namespace folder {                          \
  models::Options Options;                    \
  FitParameters Fit;                          \
  }
#include "models/algorithms.def"
#undef MARQUEE_ALGORITHM

namespace {

struct Algorithm {
  std::string_view name;
  models::Options* options;
  FitParameters* fit;
};

constexpr Algorithm kAlgorithms[] = {
#define MARQUEE_ALGORITHM(name, folder, task) {name, folder::Options, folder::Fit},
#include "models/algorithms.def"
#undef MARQUEE_ALGORITHM
};

// Of a name that TaskOf has found good.
const Algorithm& Find(std::string_view name) {
  return *std::find_if(std::begin(kAlgorithms), std::end(kAlgorithms),
                       [&](const Algorithm& algorithm) { return algorithm.name == name; });
}

}  // namespace

ConfidenceRule ConfidenceOf(const OptionValues& options, const std::string& prefix) {
  return {static_cast<float>(options.at(prefix + ".confidence_slope")),
          static_cast<float>(options.at(prefix + ".confidence_floor"))};
}

Result<std::vector<Option>> OptionsOf(std::string_view algorithm, const RatingMatrix& ratings) {
  RETURN_IF_ERROR(TaskOf(algorithm));
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
  return options;
}

Result<OptionValues> Values(std::span<const Option> options, const OptionValues& asked) {
  OptionValues values;
  for (const Option& option : options) values[option.name] = option.value;
  for (const auto& [name, value] : asked) {
    const auto option = std::find_if(options.begin(), options.end(),
                                     [&](const Option& one) { return one.name == name; });
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
  model.item_ids = model.parameters.Keep(ratings.item_ids());
  return model;
}

Result<std::shared_ptr<const Ranker>> FitRanker(std::string_view algorithm,
                                                const RatingMatrix& ratings,
                                                const OptionValues& asked, const Fitting& fitting) {
  ASSIGN_OR_RETURN(auto model, Fit(algorithm, ratings, asked, fitting));
  return Ranker::Make(std::move(model));
}

}  // namespace marquee::models
