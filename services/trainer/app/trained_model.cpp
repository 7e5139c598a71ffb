#include "trainer/app/trained_model.h"

#include <algorithm>
#include <utility>

#include "logging/log.h"
#include "trainer/app/exam.h"

namespace marquee::trainer {
namespace {

using models::OptionValues;

constexpr double kSearchShare = 0.6;  // of training, for who asks how far it is

// The API's hyperparameters by the names that options have behind their prefix: each is the first
// part's that has one.
const models::Option* FirstNamed(const std::vector<models::Option>& options,
                                 std::string_view name) {
  const auto found = std::find_if(options.begin(), options.end(), [&](const auto& option) {
    return option.name.substr(option.name.find('.') + 1) == name;
  });
  return found == options.end() ? nullptr : &*found;
}

// `with`(option's name, hyperparameter) for each that the algorithm has.
template <typename With>
void EachNamed(const std::vector<models::Option>& options, Hyperparameters& hyperparameters,
               const With& with) {
  const auto one = [&](std::string_view name, auto& value) {
    if (const auto* option = FirstNamed(options, name)) with(option->name, value);
  };
  one("factors", hyperparameters.factors);
  one("iterations", hyperparameters.iterations);
  one("regularization", hyperparameters.regularization);
  one("alpha", hyperparameters.alpha);
}

OptionValues Asked(const std::vector<models::Option>& options, Hyperparameters& hyperparameters) {
  OptionValues asked;
  EachNamed(options, hyperparameters, [&](const std::string& name, const auto& value) {
    if (value > 0) asked[name] = static_cast<double>(value);
  });
  return asked;
}

// What a 0 stood for.
void Fill(const std::vector<models::Option>& options, const OptionValues& values,
          Hyperparameters& hyperparameters) {
  EachNamed(options, hyperparameters, [&](const std::string& name, auto& value) {
    value = static_cast<std::remove_reference_t<decltype(value)>>(values.at(name));
  });
}

// Every trial: "search.07.ease.regularization" is what was tried, "search.07.objective" how it did.
void Note(const models::Found& found, std::map<std::string, double>& metrics) {
  if (found.trials.empty()) return;
  double best = 0;
  for (std::size_t at = 0; at < found.trials.size(); ++at) {
    const models::Trial& trial = found.trials[at];
    const std::string number = (at < 10 ? "search.0" : "search.") + std::to_string(at) + ".";
    if (!trial.option.empty()) metrics[number + trial.option] = trial.value;
    metrics[number + "objective"] = trial.objective;
    if (trial.taken) best = trial.objective;
    logging::Info("options are searched", {{"trial", static_cast<std::int64_t>(at)},
                                           {"option", trial.option},
                                           {"value", trial.value},
                                           {"objective", trial.objective},
                                           {"taken", trial.taken}});
  }
  metrics["search.users"] = found.users;
  metrics["search.complete"] = found.complete ? 1 : 0;
  metrics["search.start.objective"] = found.trials.front().objective;
  metrics["search.best.objective"] = best;
}

// Keeps the last step, and logs one in ten.
void Note(const models::Measured& measured, std::map<std::string, double>& metrics) {
  constexpr int kLogged = 10;
  const std::string name = "convergence." + std::string(measured.name);
  metrics[name] = measured.value;
  metrics[name + ".steps"] = measured.step;
  if (measured.step % kLogged != 0) return;
  logging::Info("training converges", {{"measured", std::string(measured.name)},
                                       {"step", measured.step},
                                       {"value", measured.value}});
}

}  // namespace

Result<TrainedModel> TrainModel(const models::Task& task, const models::RatingMatrix& ratings,
                                Hyperparameters& hyperparameters, const TrainingOptions& options,
                                std::shared_ptr<const models::Ranker> champion,
                                std::shared_ptr<const models::Content> content,
                                RunMonitor& monitor) {
  const Stage training = TrainingOf(task.name);
  const Stage judging = JudgingOf(task.name);
  monitor.Report(training, 0);
  const auto wanted = options.algorithms.find(task.name);
  ASSIGN_OR_RETURN(
      const std::string algorithm,
      models::Resolve(task, wanted == options.algorithms.end() ? "auto" : wanted->second, ratings));
  ASSIGN_OR_RETURN(const auto searched, models::OptionsOf(algorithm, ratings));
  OptionValues asked;
  if (task.name == models::kRanking) asked = Asked(searched, hyperparameters);
  RETURN_IF_ERROR(models::Values(searched, asked));
  TrainedModel model;
  if (hyperparameters.seed == 0) hyperparameters.seed = 1;

  ASSIGN_OR_RETURN(const auto exam, HoldOut(task, ratings, options.split_seed, options.threads));
  const auto fitting = [&](Stage stage, double from, double share) {
    return models::Fitting{
        .seed = static_cast<std::uint64_t>(hyperparameters.seed),
        .threads = options.threads,
        .progress = [&, stage, from,
                     share](double done) { return monitor.Report(stage, from + share * done); },
        .content = content};
  };
  const auto searching = models::Search(algorithm, exam->train(), asked,
                                        fitting(training, 0, kSearchShare), options.search);
  RETURN_IF_ERROR(monitor.CheckCancelled());  // the reason, not that a fit noticed
  ASSIGN_OR_RETURN(const models::Found found, searching);
  model.options = found.values;
  Note(found, model.metrics);
  if (task.name == models::kRanking) Fill(searched, model.options, hyperparameters);
  const double each = (1 - kSearchShare) / 2;
  const auto fit = [&](const models::RatingMatrix& data, double from) -> Result<models::Model> {
    models::Fitting measured = fitting(training, from, each);
    measured.measured = [&](const models::Measured& one) { Note(one, model.metrics); };
    auto fitted = models::Fit(algorithm, data, model.options, measured);
    RETURN_IF_ERROR(monitor.CheckCancelled());
    return fitted;
  };
  ASSIGN_OR_RETURN(model.evaluation, fit(exam->train(), kSearchShare));
  ASSIGN_OR_RETURN(model.served, fit(ratings, kSearchShare + each));

  const double share = champion ? 1.0 / 3 : 1.0 / 2;
  double from = 0;
  const auto judge = [&](const std::string& prefix, std::shared_ptr<const models::Ranker> ranker) {
    auto judged = exam->Judge(std::move(ranker), [&](double done) {
      return monitor.Report(judging, from + share * done);
    });
    from += share;
    for (const auto& [name, value] : judged.metrics) model.metrics[prefix + name] = value;
    return judged;
  };
  ASSIGN_OR_RETURN(auto ranker, models::Ranker::Make(model.evaluation));
  const Judged candidate = judge("", std::move(ranker));
  ASSIGN_OR_RETURN(auto baseline,
                   models::FitRanker(task.baseline_algorithm, exam->train(), task.baseline_options,
                                     fitting(judging, from, 0)));
  judge(std::string(task.baseline) + ".", std::move(baseline));
  if (champion) {
    const Judged judged = judge("champion.", std::move(champion));
    RETURN_IF_ERROR(monitor.CheckCancelled());
    model.metrics.merge(GainOver(judged, candidate, task, *exam, options.split_seed));
  }
  model.metrics.insert(exam->size());
  RETURN_IF_ERROR(monitor.CheckCancelled());
  return model;
}

}  // namespace marquee::trainer
