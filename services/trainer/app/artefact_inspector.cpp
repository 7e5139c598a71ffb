#include "trainer/app/artefact_inspector.h"

namespace marquee::trainer {
namespace {

ArtefactState StateOf(const std::optional<FileIdentity>& found, const Status* finding) {
  if (!found) return ArtefactState::kMissing;
  if (finding != nullptr && !finding->ok()) return ArtefactState::kDamaged;
  return ArtefactState::kPresent;
}

}  // namespace

ArtefactInspector::Seen ArtefactInspector::Look(const ModelVersion& version) const {
  return {.served = folder_.Identify(version.file),
          .evaluation = folder_.Identify(version.evaluation_file)};
}

void ArtefactInspector::Describe(ModelVersion& version) const {
  const auto seen = Look(version);
  const std::lock_guard lock(mutex_);
  const auto found = remembered_.find(version.file);
  const auto* known =
      found != remembered_.end() && found->second.seen == seen ? &found->second.findings : nullptr;
  version.artefact_state = StateOf(seen.served, known != nullptr ? &known->served : nullptr);
  version.evaluation_state =
      StateOf(seen.evaluation, known != nullptr ? &known->evaluation : nullptr);
  if (seen.served && seen.served->bytes != version.size_bytes)
    version.artefact_state = ArtefactState::kDamaged;
}

ArtefactInspector::Findings ArtefactInspector::Inspect(const ModelVersion& version) {
  const auto seen = Look(version);
  {
    const std::lock_guard lock(mutex_);
    const auto found = remembered_.find(version.file);
    if (found != remembered_.end() && found->second.seen == seen) return found->second.findings;
  }
  auto loaded = folder_.Load(version);
  Findings findings{
      .served = std::move(loaded.served),
      .evaluation = loaded.evaluation.ok() ? Status() : Status(loaded.evaluation.error())};
  const std::lock_guard lock(mutex_);
  if (remembered_.size() >= kMostRemembered) remembered_.clear();
  remembered_.insert_or_assign(version.file, Remembered{seen, findings});
  return findings;
}

}  // namespace marquee::trainer
