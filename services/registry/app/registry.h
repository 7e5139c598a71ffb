// The registry's use cases: taking versions in, saying which there are, moving an alias by hand,
// handing out artefacts.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/call_context.h"
#include "base/clock.h"
#include "base/result.h"
#include "registry/app/artefact_inspector.h"
#include "registry/app/upload.h"
#include "registry/domain/ports.h"

namespace marquee::registry {

struct RegistryOptions {
  double min_improvement = 0;  // of the quality gate's metric, for a promotion
};

// What somebody has delivered. The files are the uploads'; no evaluation is one of 0 bytes.
struct Delivery {
  std::string card = {};  // JSON
  bool force_promotion = false;
  std::int64_t compared_with = 0;  // the champion that "champion.…" metrics are of
};

struct Registered {
  ModelVersion version;
  std::string decision;  // quality_gate.h; empty when it was registered before
};

class Registry {
 public:
  // All outlive it. `promoted` is called after an alias was moved.
  Registry(VersionStore& versions, ArtefactStore& artefacts, RegistryOptions options,
           const Clock& clock, std::function<void()> promoted)
      : versions_(versions),
        artefacts_(artefacts),
        options_(options),
        clock_(clock),
        inspector_(artefacts),
        promoted_(std::move(promoted)) {}

  // InvalidArgument, with the reason, for what isn't whole, known and sound: "model_card_invalid",
  // "artefact_size_differs", "artefact_hash_differs", "artefact_broken".
  Result<Registered> Register(const Delivery& delivery, Upload& served, Upload& evaluation,
                              const CallContext& call);
  // A version of the registry of before. An artefact that isn't what the version says, or doesn't
  // load, is left out: the version then has none.
  Result<ModelVersion> TakeOver(ModelVersion version, Upload& served, Upload& evaluation,
                                const CallContext& call);

  Result<std::vector<ModelVersion>> ListVersions(const std::string& model, std::int64_t before,
                                                 int limit, const CallContext& call);
  Result<std::vector<ModelVersion>> OfRuns(const std::vector<std::int64_t>& run_ids,
                                           const CallContext& call);
  Result<ModelVersion> GetAlias(const std::string& model, const std::string& alias,
                                const CallContext& call);
  // FailedPrecondition "artefact_missing" or "artefact_corrupt" when there is nothing left to
  // serve.
  Result<ModelVersion> SetAlias(const std::string& model, const std::string& alias,
                                std::int64_t version, const CallContext& call);
  ArtefactInspector::Findings Inspect(const ModelVersion& version, const CallContext& call) {
    return inspector_.Inspect(version, call);
  }

  // What was registered, then its bytes in pieces of kChunkBytes at most; the first error from
  // either ends it.
  Status Download(const std::string& model, std::int64_t version, bool evaluation,
                  const CallContext& call, const std::function<Status(const Artefact&)>& begin,
                  const std::function<Status(std::string chunk)>& each);

  // Removes the artefacts of versions that no alias names, but for the newest `keep` of each model:
  // what can't be rolled back to any more. Their cards stay. Returns how many versions lost theirs.
  Result<int> DropOldArtefacts(int keep, const CallContext& call);
  // Removes artefacts that no version owns: those whose registration was cut short. They are left
  // alone for `age`, in which a registration must have ended. Returns how many.
  Result<int> SweepArtefacts(std::chrono::milliseconds age, const CallContext& call);

 private:
  Result<Artefact> Store(const Upload& upload, const std::string& sha256, const CallContext& call);
  void DropLeftover(const std::string& id);

  VersionStore& versions_;
  ArtefactStore& artefacts_;
  RegistryOptions options_;
  const Clock& clock_;
  ArtefactInspector inspector_;
  std::function<void()> promoted_;
};

}  // namespace marquee::registry
