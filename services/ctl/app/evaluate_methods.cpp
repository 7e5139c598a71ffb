// Which methods evaluate judges.
#include <algorithm>
#include <charconv>

#include "ctl/app/evaluate.h"

namespace marquee::ctl {
namespace {

using models::Task;

std::vector<const Task*> TasksOf(std::string_view task) {
  std::vector<const Task*> tasks;
  for (const Task& one : models::TasksOfRatings()) {
    const bool asked = task == kColdItemsTask || one.name == task ||
                       (task == kIntervalsTask && one.name == models::kRating);
    if (asked) tasks.push_back(&one);
  }
  return tasks;
}

// Adds to the plan, each method once.
class Planner {
 public:
  Planner(const EvaluateFlags& flags, const EvaluationData& data) : flags_(flags), data_(data) {}

  std::vector<PlannedMethod> Take() { return std::move(methods_); }

  // An algorithm, a blend or "auto". A peer has the options' start.
  Status Add(const Task& task, std::string_view asked, bool peer) {
    ASSIGN_OR_RETURN(const std::string algorithm, models::Resolve(task, asked, data_.matrix));
    // By the size of the whole, as they would be for all of it.
    ASSIGN_OR_RETURN(const auto options, models::OptionsOf(algorithm, data_.matrix));
    models::OptionValues wanted;
    for (const auto& option : options) {
      if (flags_.factors > 0 && option.name.ends_with(".factors"))
        wanted[option.name] = flags_.factors;
    }
    if (!peer) RETURN_IF_ERROR(Given(wanted));
    ASSIGN_OR_RETURN(auto values, models::Values(options, wanted));
    const bool searched = !peer && flags_.search.trials > 1 && task.name == models::kRanking;
    Append({.name = algorithm,
            .task = &task,
            .algorithm = algorithm,
            .options = searched ? wanted : values,
            .searched = searched});
    return {};
  }

  Status AddBaseline(const Task& task) {
    ASSIGN_OR_RETURN(const auto options, models::OptionsOf(task.baseline_algorithm, data_.matrix));
    ASSIGN_OR_RETURN(auto values, models::Values(options, task.baseline_options));
    Append({.name = std::string(task.baseline),
            .task = &task,
            .algorithm = std::string(task.baseline_algorithm),
            .options = values,
            .baseline = true});
    return {};
  }

 private:
  // What --option says.
  Status Given(models::OptionValues& wanted) const {
    for (const std::string& given : flags_.options) {
      const std::size_t at = given.find('=');
      double value = 0;
      const char* end = given.data() + given.size();
      if (at == std::string::npos ||
          std::from_chars(given.data() + at + 1, end, value).ptr != end) {
        return Error::InvalidArgument("option_malformed", given + " is not NAME=VALUE.",
                                      "--option");
      }
      wanted[given.substr(0, at)] = value;
    }
    return {};
  }

  void Append(PlannedMethod method) {
    for (PlannedMethod& other : methods_) {
      if (other.algorithm != method.algorithm) continue;
      if (other.searched == method.searched && other.options == method.options) {
        other.baseline = other.baseline || method.baseline;
        return;
      }
      if (other.name == method.name) method.name += " (not searched)";
    }
    method.searches = std::make_shared<std::vector<models::Found>>();
    method.curves = std::make_shared<std::vector<std::vector<models::Measured>>>();
    method.fit = [algorithm = method.algorithm, values = method.options, curves = method.curves,
                  searches = method.searches, seed = flags_.seed, content = data_.content,
                  search = method.searched ? flags_.search : models::SearchOptions{.trials = 0}](
                     const auto& train) -> Result<std::shared_ptr<const models::Ranker>> {
      auto& curve = curves->emplace_back();
      const models::Fitting fitting{
          .seed = seed,
          .measured = [&](const models::Measured& one) { curve.push_back(one); },
          .content = content};
      ASSIGN_OR_RETURN(const auto found, models::Search(algorithm, train, values, fitting, search));
      searches->push_back(found);
      return models::FitRanker(algorithm, train, found.values, fitting);
    };
    methods_.push_back(std::move(method));
  }

  const EvaluateFlags& flags_;
  const EvaluationData& data_;
  std::vector<PlannedMethod> methods_;
};

Error AtFlag(Error error) {
  if (error.field == "algorithm") error.field = "--algorithm";
  return error;
}

// To each of the tasks that it is for; "auto" is for all.
Status AddAsked(const std::string& asked, const std::vector<const Task*>& tasks, Planner& planner) {
  const auto named = std::find_if(tasks.begin(), tasks.end(),
                                  [&](const Task* task) { return task->baseline == asked; });
  if (named != tasks.end()) return planner.AddBaseline(**named);
  for (const Task* task : tasks) {
    if (asked != "auto" && tasks.size() > 1) {
      ASSIGN_OR_RETURN(const auto its_task, models::TaskOf(asked));
      if (its_task != task->name) continue;
    }
    RETURN_IF_ERROR(planner.Add(*task, asked, /*peer=*/false));
  }
  return {};
}

}  // namespace

Result<std::vector<PlannedMethod>> PlanMethods(const EvaluateFlags& flags,
                                               const EvaluationData& data,
                                               std::string& passed_over) {
  const auto tasks = TasksOf(flags.task);
  Planner planner(flags, data);
  for (const std::string& asked : flags.algorithms) {
    if (auto status = AddAsked(asked, tasks, planner); !status.ok()) return AtFlag(status.error());
  }
  for (const Task* task : tasks) {
    if (flags.peers) {
      for (const std::string_view peer : models::Algorithms()) {
        if (*models::TaskOf(peer) != task->name) continue;
        if (const auto status = planner.Add(*task, peer, /*peer=*/true); !status.ok())
          passed_over += std::string(peer) + " isn't judged: " + status.error().message + "\n";
      }
    }
    RETURN_IF_ERROR(planner.AddBaseline(*task));
  }
  return planner.Take();
}

}  // namespace marquee::ctl
