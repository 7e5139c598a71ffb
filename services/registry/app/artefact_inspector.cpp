#include "registry/app/artefact_inspector.h"

#include <utility>

#include "artefact/sha256.h"

namespace marquee::registry {
namespace {

Error Missing(const std::string& name) {
  return Error::NotFound("artefact_missing", name + " is not there any more.");
}

Error Damaged(const std::string& name, const std::string& how) {
  return Error::DataLoss("artefact_corrupt", name + " is damaged: " + how + ".");
}

}  // namespace

ArtefactState ArtefactInspector::StateOf(const Artefact& artefact, const CallContext& call) const {
  if (artefact.id.empty()) return ArtefactState::kMissing;
  const auto seen = store_.Identify(artefact.id, call);
  if (!seen.ok()) return ArtefactState::kUnknown;
  if (!*seen) return ArtefactState::kMissing;
  if ((*seen)->bytes != artefact.bytes) return ArtefactState::kDamaged;
  const std::lock_guard lock(mutex_);
  const auto known = remembered_.find(artefact.id);
  const bool damaged =
      known != remembered_.end() && known->second.seen == **seen && !known->second.finding.ok();
  return damaged ? ArtefactState::kDamaged : ArtefactState::kPresent;
}

void ArtefactInspector::Describe(ModelVersion& version, const CallContext& call) const {
  version.artefact_state = StateOf(version.served, call);
  version.evaluation_state = StateOf(version.evaluation, call);
}

Status ArtefactInspector::Inspect(const Artefact& artefact, const std::string& name,
                                  const CallContext& call) {
  if (artefact.id.empty()) return Missing(name);
  ASSIGN_OR_RETURN(const auto seen, store_.Identify(artefact.id, call));
  if (!seen) return Missing(name);
  if (seen->bytes != artefact.bytes)
    return Damaged(name, "it has " + std::to_string(seen->bytes) + " bytes instead of " +
                             std::to_string(artefact.bytes));
  {
    const std::lock_guard lock(mutex_);
    const auto known = remembered_.find(artefact.id);
    if (known != remembered_.end() && known->second.seen == *seen) return known->second.finding;
  }
  artefact::Sha256 hash;
  RETURN_IF_ERROR(store_.Read(artefact.id, call, [&](const std::string& chunk) -> Status {
    hash.Update(chunk);
    return {};
  }));
  Status finding;
  if (hash.FinishHex() != artefact.sha256)
    finding = Damaged(name, "its SHA-256 is not the registered one");
  const std::lock_guard lock(mutex_);
  if (remembered_.size() >= kMostRemembered) remembered_.clear();
  remembered_.insert_or_assign(artefact.id, Remembered{*seen, finding});
  return finding;
}

ArtefactInspector::Findings ArtefactInspector::Inspect(const ModelVersion& version,
                                                       const CallContext& call) {
  const auto name = version.model + " version " + std::to_string(version.version);
  return {.served = Inspect(version.served, "The artefact of " + name, call),
          .evaluation = Inspect(version.evaluation, "The evaluation artefact of " + name, call)};
}

}  // namespace marquee::registry
