// Which methods evaluate judges.
#include <algorithm>

#include "ctl/app/evaluate.h"

namespace marquee::ctl {
namespace {

using models::Task;

std::vector<const Task*> TasksOf(std::string_view task) {
  std::vector<const Task*> tasks;
  for (const Task& one : models::Tasks()) {
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

  // An algorithm, a blend or "auto".
  Status Add(const Task& task, std::string_view asked) {
    ASSIGN_OR_RETURN(const std::string algorithm, models::Resolve(task, asked, data_.matrix));
    // By the size of the whole, as they would be for all of it.
    ASSIGN_OR_RETURN(const auto options, models::OptionsOf(algorithm, data_.matrix));
    models::OptionValues wanted;
    for (const auto& option : options) {
      if (flags_.factors > 0 && option.name.ends_with(".factors"))
        wanted[option.name] = flags_.factors;
    }
    ASSIGN_OR_RETURN(auto values, models::Values(options, wanted));
    Append({.name = algorithm, .task = &task, .algorithm = algorithm, .options = values});
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
  void Append(PlannedMethod method) {
    for (PlannedMethod& other : methods_) {
      if (other.algorithm != method.algorithm || other.options != method.options) continue;
      other.baseline = other.baseline || method.baseline;
      return;
    }
    method.curves = std::make_shared<std::vector<std::vector<models::Measured>>>();
    method.fit = [algorithm = method.algorithm, values = method.options, curves = method.curves,
                  seed = flags_.seed, content = data_.content](const auto& train) {
      auto& curve = curves->emplace_back();
      const models::Fitting fitting{
          .seed = seed,
          .measured = [&](const models::Measured& one) { curve.push_back(one); },
          .content = content};
      return models::FitRanker(algorithm, train, values, fitting);
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
    RETURN_IF_ERROR(planner.Add(*task, asked));
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
        if (const auto status = planner.Add(*task, peer); !status.ok())
          passed_over += std::string(peer) + " isn't judged: " + status.error().message + "\n";
      }
    }
    RETURN_IF_ERROR(planner.AddBaseline(*task));
  }
  return planner.Take();
}

}  // namespace marquee::ctl
