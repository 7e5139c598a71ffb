#include "trainer/app/housekeeping.h"

#include "logging/log.h"
#include "models/registry.h"
#include "tracing/trace.h"

namespace marquee::trainer {

Housekeeping::Housekeeping(Trainer& trainer, Registry& registry, TrainerMetrics& metrics,
                           HousekeepingSettings settings)
    : trainer_(trainer),
      registry_(registry),
      metrics_(metrics),
      settings_(settings),
      thread_([this](std::stop_token stop) { Run(stop); }) {}

Housekeeping::~Housekeeping() { Stop(); }

void Housekeeping::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Housekeeping::Run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  bool failed_before = false;
  while (!stop.stop_requested()) {
    const tracing::Scope scope(tracing::TraceContext::New());
    const auto round = Round();
    // Once when it begins: the database may be away for long.
    if (!round.ok() && !failed_before)
      logging::Warning("housekeeping failed", {{"error", round.error().ToString()}});
    failed_before = !round.ok();
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, settings_.tick, [] { return false; });
  }
}

Status Housekeeping::Round() {
  // First of all, and whatever fails below: that a champion is lost is said by whoever still can.
  for (const auto& task : models::Tasks()) {
    const std::string model(task.name);
    for (const auto* alias : {kChampion, kCandidate}) {
      if (const auto version = registry_.GetAlias(model, alias); version.ok())
        LookAt(alias, *version);
    }
  }
  RETURN_IF_ERROR(trainer_.Recover(!swept_));
  swept_ = true;
  if (const auto newest = registry_.GetAlias(std::string(models::Tasks().front().name), kCandidate);
      newest.ok() && newest->version != newest_) {
    ASSIGN_OR_RETURN(const int dropped, registry_.DropOldArtefacts(settings_.keep_artefacts));
    if (dropped > 0) logging::Info("old artefacts dropped", {{"versions", dropped}});
    newest_ = newest->version;
  }
  if (settings_.interval.count() == 0) return {};
  ASSIGN_OR_RETURN(const bool started, trainer_.StartIfDue(settings_.interval));
  if (started) logging::Info("the schedule started a run");
  return {};
}

void Housekeeping::LookAt(const std::string& alias, const ModelVersion& version) {
  metrics_.AliasPoints(alias, version);
  const auto findings = registry_.Inspect(version);
  const auto tell = [&](const std::string& artefact, const Status& found) {
    metrics_.ArtefactUsable(version.model, alias, artefact, found.ok());
    const auto name = version.model + " " + alias + " " + artefact;
    if (found.ok()) {
      if (unusable_.erase(name) > 0)
        logging::Info("the artefact can be used again", {{"model", version.model},
                                                         {"alias", alias},
                                                         {"version", version.version},
                                                         {"artefact", artefact}});
    } else if (unusable_.insert(name).second) {
      logging::Error("the artefact can't be used", {{"model", version.model},
                                                    {"alias", alias},
                                                    {"version", version.version},
                                                    {"artefact", artefact},
                                                    {"error", found.error().ToString()}});
    }
  };
  tell("served", findings.served);
  tell("evaluation", findings.evaluation);
}

}  // namespace marquee::trainer
