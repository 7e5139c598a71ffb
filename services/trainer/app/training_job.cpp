#include "trainer/app/training_job.h"

#include <utility>

#include "artefact/model_card.h"
#include "logging/log.h"
#include "models/rating_matrix.h"

namespace marquee::trainer {

struct TrainingJob::Data {
  models::RatingMatrix matrix;
  artefact::DataSnapshot snapshot;
};

struct TrainingJob::Champion {
  std::optional<ModelVersion> version;               // nothing: no champion yet
  bool servable = true;                              // its artefact is there and whole
  std::shared_ptr<const models::Ranker> evaluation;  // nothing: lost, or never was
};

Result<std::vector<NewVersion>> TrainingJob::Run(const TrainingRun& run, RunMonitor& monitor,
                                                 RunOutcome& outcome) {
  outcome.hyperparameters = run.hyperparameters;
  RETURN_IF_ERROR(folder_.Check());
  ASSIGN_OR_RETURN(const auto data, Export(monitor, outcome));
  struct Trained {
    const models::Task& task;
    Champion champion;
    TrainedModel model;
  };
  std::vector<Trained> trained;
  for (const models::Task& task : models::Tasks()) {
    ASSIGN_OR_RETURN(auto champion, FindChampion(std::string(task.name)));
    ASSIGN_OR_RETURN(auto model, TrainModel(task, data.matrix, outcome.hyperparameters,
                                            settings_.training, champion.evaluation, monitor));
    for (const auto& [name, value] : model.metrics)
      outcome.metrics[std::string(task.name) + "." + name] = value;
    trained.push_back({task, std::move(champion), std::move(model)});
  }

  std::vector<NewVersion> versions;
  for (const Trained& one : trained) {
    monitor.Report(Stage::kSave,
                   static_cast<double>(versions.size()) / static_cast<double>(trained.size()));
    ASSIGN_OR_RETURN(auto version, Save(run, one.task, one.model, one.champion, data,
                                        outcome.hyperparameters.seed));
    versions.push_back(std::move(version));
  }
  monitor.Report(Stage::kSave, 1);
  RETURN_IF_ERROR(monitor.CheckCancelled());
  return versions;
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
  if (data.snapshot.ratings < settings_.min_ratings || data.matrix.users() < settings_.min_users ||
      data.matrix.items() < settings_.min_movies) {
    return Error::FailedPrecondition(
        kNotEnoughRatings, "There are " + std::to_string(data.snapshot.ratings) + " ratings by " +
                               std::to_string(data.snapshot.users) + " users of " +
                               std::to_string(data.snapshot.movies) +
                               " movies; training takes at least " +
                               std::to_string(settings_.min_ratings) + " ratings, " +
                               std::to_string(settings_.min_users) + " users and " +
                               std::to_string(settings_.min_movies) + " movies.");
  }
  return data;
}

Result<TrainingJob::Champion> TrainingJob::FindChampion(const std::string& model) {
  Champion champion;
  auto version = registry_.GetAlias(model, kChampion);
  if (!version.ok()) {
    if (version.error().code == Code::kNotFound) return champion;
    return std::move(version).error();
  }
  champion.version = *std::move(version);
  auto loaded = folder_.Load(*champion.version);
  champion.servable = loaded.served.ok();
  if (!champion.servable) {
    logging::Error("the champion can't be served: a sound candidate takes its place",
                   {{"model", model},
                    {"version", champion.version->version},
                    {"error", loaded.served.error().ToString()}});
  }
  if (loaded.evaluation.ok()) {
    champion.evaluation = *std::move(loaded.evaluation);
  } else {
    logging::Warning("the champion can't be judged anew: its recorded metric counts",
                     {{"model", model},
                      {"version", champion.version->version},
                      {"error", loaded.evaluation.error().ToString()}});
  }
  return champion;
}

std::optional<double> TrainingJob::MetricOf(const Champion& champion, const Objective& objective,
                                            const TrainedModel& candidate, const Data& data) {
  if (!champion.version) return std::nullopt;
  const auto judged = candidate.metrics.find("champion." + objective.metric);
  if (judged != candidate.metrics.end()) return judged->second;
  const auto card = artefact::ParseModelCard(champion.version->card);
  return FromRecord(objective, champion.version->metrics, candidate.metrics,
                    card.ok() && card->data.sha256 == data.snapshot.sha256);
}

// What is registered is what can be read back: a disk that says that it has it may not.
Status TrainingJob::CheckSaved(const TrainingRun& run, const NewVersion& version) const {
  const auto saved = folder_.Load({.model = version.model,
                                   .run_id = run.run_id,
                                   .file = version.file,
                                   .evaluation_file = version.evaluation_file,
                                   .sha256 = version.sha256,
                                   .size_bytes = version.size_bytes});
  RETURN_IF_ERROR(saved.served);
  if (!saved.evaluation.ok()) return saved.evaluation.error();
  return {};
}

Result<NewVersion> TrainingJob::Save(const TrainingRun& run, const models::Task& task,
                                     const TrainedModel& model, const Champion& champion,
                                     const Data& data, std::int64_t seed) {
  const std::string model_name(task.name);
  const auto objective = ObjectiveOf(task);
  const GateInput gate{.candidate = model.metrics.at(objective.metric),
                       .champion_exists = champion.version.has_value(),
                       .champion_servable = champion.servable,
                       .champion = MetricOf(champion, objective, model, data),
                       .force = run.force_promotion,
                       .min_improvement = settings_.min_improvement};
  const auto decision = Decide(objective, gate);
  logging::Info("quality gate", {{"model", model_name},
                                 {"promote", decision.promote},
                                 {"why", decision.reason},
                                 {"candidate", gate.candidate},
                                 {"champion", gate.champion.value_or(0)}});

  NewVersion version;
  version.model = model_name;
  version.file = ArtefactFolder::FileName(model_name, run.run_id, ArtefactKind::kServed);
  version.evaluation_file =
      ArtefactFolder::FileName(model_name, run.run_id, ArtefactKind::kEvaluation);
  version.metrics = model.metrics;
  version.promote = decision.promote;
  if (!run.force_promotion)
    version.champion_compared = champion.version ? champion.version->version : 0;

  artefact::Metadata metadata = {{kModelKey, model_name},
                                 {kRunKey, std::to_string(run.run_id)},
                                 {"snapshot_sha256", data.snapshot.sha256},
                                 {"code_version", settings_.code_version}};
  ASSIGN_OR_RETURN(const auto evaluation,
                   folder_.Save(version.evaluation_file, model.evaluation, metadata));
  metadata[kEvaluationHashKey] = evaluation.sha256;
  ASSIGN_OR_RETURN(const auto written, folder_.Save(version.file, model.served, metadata));
  version.sha256 = written.sha256;
  version.size_bytes = written.bytes;
  RETURN_IF_ERROR(CheckSaved(run, version));
  version.card = artefact::ToJson({.model = model_name,
                                   .algorithm = model.served.algorithm,
                                   .run_id = run.run_id,
                                   .data = data.snapshot,
                                   .seed = seed,
                                   .hyperparameters = {model.options.begin(), model.options.end()},
                                   .metrics = model.metrics,
                                   .code_version = settings_.code_version,
                                   .artefact_sha256 = written.sha256,
                                   .artefact_bytes = written.bytes,
                                   .created_at = clock_.Now()});
  RETURN_IF_ERROR(folder_.SaveCard(
      ArtefactFolder::FileName(model_name, run.run_id, ArtefactKind::kCard), version.card));
  return version;
}

}  // namespace marquee::trainer
