#include "trainer/app/training_job.h"

#include <algorithm>
#include <utility>

#include "artefact/model_card.h"
#include "artefact/model_file.h"
#include "logging/log.h"
#include "models/rating_matrix.h"

namespace marquee::trainer {

struct TrainingJob::Data {
  models::RatingMatrix matrix;
  artefact::DataSnapshot snapshot;
};

struct TrainingJob::Champion {
  std::optional<ModelVersion> version;               // nothing: no champion yet
  std::shared_ptr<const models::Ranker> evaluation;  // nothing: lost, or never was
};

Status TrainingJob::Run(const TrainingRun& run, RunMonitor& monitor, RunOutcome& outcome) {
  outcome.hyperparameters = run.hyperparameters;
  ASSIGN_OR_RETURN(const auto workspace, Workspace::Make(options_.scratch, run.run_id));
  ASSIGN_OR_RETURN(const auto data, Export(monitor, outcome));
  const auto content = content_.Get();
  std::vector<NewVersion> versions;
  for (const models::Task& task : models::TasksOfRatings()) {
    ASSIGN_OR_RETURN(const auto champion, FindChampion(std::string(task.name), workspace));
    ASSIGN_OR_RETURN(const auto model,
                     TrainModel(task, data.matrix, outcome.hyperparameters, options_.training,
                                champion.evaluation, content, monitor));
    for (const auto& [name, value] : model.metrics)
      outcome.metrics[std::string(task.name) + "." + name] = value;
    ASSIGN_OR_RETURN(auto version, Save(run, task, model, champion, data,
                                        outcome.hyperparameters.seed, workspace));
    versions.push_back(std::move(version));
  }

  RETURN_IF_ERROR(monitor.CheckCancelled());
  double done = 0;
  for (const NewVersion& version : versions) {
    monitor.Report(Stage::kSave, done++ / static_cast<double>(versions.size()));
    RETURN_IF_ERROR(Register(version, monitor));
  }
  monitor.Report(Stage::kSave, 1);
  return {};
}

Result<TrainingJob::Data> TrainingJob::Export(RunMonitor& monitor, RunOutcome& outcome) {
  monitor.Report(Stage::kExport, 0);
  // How many will come isn't known: a million rows are half of the way.
  auto snapshot = ratings_.Export(
      [&](std::int64_t rows) {
        const auto count = static_cast<double>(rows);
        monitor.Report(Stage::kExport, 0.9 * count / (count + 1e6));
      },
      monitor.stop_token());
  RETURN_IF_ERROR(monitor.CheckCancelled());
  if (!snapshot.ok()) return std::move(snapshot).error();

  outcome.rating_count = static_cast<std::int64_t>(snapshot->values.size());
  Data data;
  ASSIGN_OR_RETURN(data.matrix, models::RatingMatrix::Build(snapshot->user_ids, snapshot->movie_ids,
                                                            snapshot->values));
  data.snapshot = {.ratings = outcome.rating_count,
                   .users = data.matrix.users(),
                   .movies = data.matrix.items(),
                   .next_offsets = std::move(snapshot->next_offsets),
                   .sha256 = std::move(snapshot->sha256)};
  logging::Info("ratings exported", {{"ratings", data.snapshot.ratings},
                                     {"users", data.snapshot.users},
                                     {"movies", data.snapshot.movies}});
  if (data.snapshot.ratings < options_.min_ratings || data.matrix.users() < options_.min_users ||
      data.matrix.items() < options_.min_movies) {
    return Error::FailedPrecondition(
        kNotEnoughRatings, "There are " + std::to_string(data.snapshot.ratings) + " ratings by " +
                               std::to_string(data.snapshot.users) + " users of " +
                               std::to_string(data.snapshot.movies) +
                               " movies; training takes at least " +
                               std::to_string(options_.min_ratings) + " ratings, " +
                               std::to_string(options_.min_users) + " users and " +
                               std::to_string(options_.min_movies) + " movies.");
  }
  return data;
}

Result<TrainingJob::Champion> TrainingJob::FindChampion(const std::string& model,
                                                        const Workspace& workspace) {
  Champion champion;
  ASSIGN_OR_RETURN(champion.version, registry_.Champion(model, NextCall()));
  if (!champion.version) return champion;
  const auto file = workspace.path() / (model + ".champion.safetensors");
  const auto load = [&]() -> Result<std::shared_ptr<const models::Ranker>> {
    RETURN_IF_ERROR(registry_.FetchEvaluation(*champion.version, file, NextCall()));
    ASSIGN_OR_RETURN(auto loaded, artefact::LoadModel(file));
    RETURN_IF_ERROR(artefact::CheckServes(model, loaded));
    return std::move(loaded.ranker);
  };
  auto evaluation = load();
  if (evaluation.ok()) {
    champion.evaluation = *std::move(evaluation);
  } else {
    logging::Warning("the champion can't be judged anew: its recorded metric counts",
                     {{"model", model},
                      {"version", champion.version->version},
                      {"error", evaluation.error().ToString()}});
  }
  return champion;
}

Result<NewVersion> TrainingJob::Save(const TrainingRun& run, const models::Task& task,
                                     const TrainedModel& model, const Champion& champion,
                                     const Data& data, std::int64_t seed,
                                     const Workspace& workspace) {
  const std::string model_name(task.name);
  NewVersion version;
  version.model = model_name;
  version.file = workspace.path() / (model_name + ".safetensors");
  version.evaluation_file = workspace.path() / (model_name + ".evaluation.safetensors");
  version.force_promotion = run.force_promotion;
  if (champion.evaluation) version.compared_with = champion.version->version;

  artefact::Metadata metadata = {{"model", model_name},
                                 {"run_id", std::to_string(run.run_id)},
                                 {"snapshot_sha256", data.snapshot.sha256},
                                 {"code_version", options_.code_version}};
  RETURN_IF_ERROR(artefact::SaveModel(version.evaluation_file, model.evaluation, metadata));
  ASSIGN_OR_RETURN(const auto written, artefact::SaveModel(version.file, model.served, metadata));
  version.card = artefact::ToJson({.model = model_name,
                                   .algorithm = model.served.algorithm,
                                   .run_id = run.run_id,
                                   .data = data.snapshot,
                                   .seed = seed,
                                   .hyperparameters = {model.options.begin(), model.options.end()},
                                   .metrics = model.metrics,
                                   .code_version = options_.code_version,
                                   .artefact_sha256 = written.sha256,
                                   .artefact_bytes = written.bytes,
                                   .created_at = clock_.Now()});
  return version;
}

// A registry that is away for a while costs no run.
Status TrainingJob::Register(const NewVersion& version, const RunMonitor& monitor) {
  const auto give_up = std::chrono::steady_clock::now() + options_.registry_patience;
  std::chrono::milliseconds pause{200};
  while (true) {
    auto registered = registry_.Register(version, NextCall());
    if (registered.ok()) return {};
    const Code code = registered.error().code;
    const bool may_pass =
        code == Code::kUnavailable || code == Code::kDeadlineExceeded || code == Code::kAborted;
    if (!may_pass || std::chrono::steady_clock::now() + pause > give_up) return registered.error();
    logging::Warning("the registry doesn't take a version: trying again",
                     {{"model", version.model}, {"error", registered.error().ToString()}});
    monitor.WaitForStage(Stage::kSave, pause, monitor.stop_token());
    RETURN_IF_ERROR(monitor.CheckCancelled());
    pause = std::min(pause * 2, std::chrono::milliseconds{10'000});
  }
}

}  // namespace marquee::trainer
