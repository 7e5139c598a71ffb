// evaluate: trains and judges models on a data set, without any server.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "ctl/app/evaluate.h"
#include "ctl/app/import_summary.h"
#include "ctl/terminal/terminal.h"

namespace marquee::ctl {
namespace {

Result<Comparison> FitAndJudge(const Context& context, const EvaluateFlags& flags,
                               const std::string& split, const EvaluationData& data) {
  std::string passed_over;
  ASSIGN_OR_RETURN(const auto methods, PlanMethods(flags, data, passed_over));
  if (!context.json) std::fputs(passed_over.c_str(), stderr);
  ProgressBar bar("Fits", flags.folds * static_cast<int>(methods.size()), context.quiet);
  auto comparison = Compare(flags, split, data, methods, [&](int done, int) { bar.Set(done); });
  bar.Finish();
  if (!comparison.ok()) return comparison.error();
  RETURN_IF_ERROR(SetReference(flags.against, *comparison));
  return comparison;
}

}  // namespace

std::vector<std::string> TaskNames() {
  std::vector<std::string> names;
  for (const models::Task& task : models::Tasks()) names.emplace_back(task.name);
  return names;
}

std::vector<std::string> EvaluationTasks() {
  std::vector<std::string> names;
  for (const models::Task& task : models::TasksOfRatings()) names.emplace_back(task.name);
  names.emplace_back(kIntervalsTask);
  names.emplace_back(kColdItemsTask);
  return names;
}

std::vector<std::string> EvaluationSplits() {
  return {std::string(kRandomUsers), std::string(kTemporal), std::string(kLeaveLast),
          std::string(kRandomRatings)};
}

int Evaluate(const Context& context, const EvaluateFlags& flags) {
  const auto split = SplitOf(flags);
  if (!split.ok()) return Fail(context, split.error());
  const auto data = ReadEvaluationData(context, flags);
  if (!data.ok()) return Fail(context, data.error());
  if (!context.json) std::fputs(LeftOut(data->report).c_str(), stderr);
  if (!flags.write_folds.empty()) {
    if (const auto written = WriteFolds(flags, *split, *data); !written.ok())
      return Fail(context, written.error());
  }
  const auto comparison = FitAndJudge(context, flags, *split, *data);
  if (!comparison.ok()) {
    const int status = Fail(context, comparison.error());
    // As an import of nothing.
    return comparison.error().reason == "nobody_to_judge" ? 1 : status;
  }
  auto value = ToJson(*comparison);
  value["rejected"] = data->report.rejected;
  std::string text = ToText(*comparison);
  if (!flags.write_folds.empty()) {
    value["folds_in"] = flags.write_folds.string();
    text += "The folds are in " + flags.write_folds.string() + ".\n";
  }
  if (!flags.report.empty()) {
    if (const auto written = WriteReport(*comparison, flags.report); !written.ok())
      return Fail(context, written.error());
    value["report"] = flags.report.string();
    text += "The report is in " + flags.report.string() + ".\n";
  }
  return Show(context, value, text);
}

}  // namespace marquee::ctl
