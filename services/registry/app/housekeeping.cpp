#include "registry/app/housekeeping.h"

#include "logging/log.h"
#include "models/registry.h"
#include "tracing/trace.h"

namespace marquee::registry {

Housekeeping::Housekeeping(Registry& registry, RegistryMetrics& metrics,
                           HousekeepingOptions options)
    : registry_(registry),
      metrics_(metrics),
      options_(options),
      task_(options.tick, [this](const std::stop_token&) {
        Step();
        return std::nullopt;
      }) {}

void Housekeeping::Step() {
  const tracing::Scope scope(tracing::TraceContext::New());
  outage_.Note(Round());
}

Status Housekeeping::Round() {
  // Artefacts are read whole when nobody has looked at them yet: in the time in which one must be
  // stored. What a round doesn't get to, the next one does.
  const CallContext call(SystemClock().Now() + options_.registration);
  // First of all, and whatever fails below: that a champion is lost is said by whoever still can.
  std::map<std::string, std::int64_t> newest;
  for (const auto& task : models::Tasks()) {
    const std::string model(task.name);
    for (const auto* alias : {kChampion, kCandidate}) {
      const auto version = registry_.GetAlias(model, alias, call);
      if (!version.ok()) continue;
      LookAt(alias, *version, call);
      if (std::string_view(alias) == kCandidate) newest[model] = version->version;
    }
  }
  if (const auto now = std::chrono::steady_clock::now(); now >= next_sweep_) {
    ASSIGN_OR_RETURN(const int swept, registry_.SweepArtefacts(options_.registration, call));
    if (swept > 0) logging::Info("artefacts without a version removed", {{"artefacts", swept}});
    next_sweep_ = now + options_.registration / 4;
  }
  if (newest != newest_) {
    ASSIGN_OR_RETURN(const int dropped, registry_.DropOldArtefacts(options_.keep_artefacts, call));
    if (dropped > 0) logging::Info("old artefacts dropped", {{"versions", dropped}});
    newest_ = std::move(newest);
  }
  return {};
}

void Housekeeping::LookAt(const std::string& alias, const ModelVersion& version,
                          const CallContext& call) {
  metrics_.AliasPoints(alias, version);
  const auto findings = registry_.Inspect(version, call);
  const auto tell = [&](const std::string& artefact, const Status& found) {
    // A database that is away for a moment has lost nothing.
    if (!found.ok() && found.error().code != Code::kNotFound &&
        found.error().code != Code::kDataLoss)
      return;
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
  // A version that was trained elsewhere may have come without one.
  if (!version.evaluation.id.empty() || version.run_id != 0)
    tell("evaluation", findings.evaluation);
}

}  // namespace marquee::registry
