// What is known of versions' artefacts as they lie in the store. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "registry/domain/ports.h"

namespace marquee::registry {

class ArtefactInspector {
 public:
  explicit ArtefactInspector(ArtefactStore& store) : store_(store) {}  // outlives it

  // Fills in the version's states: by presence and size, and by what Inspect has found of these
  // very bytes. Good for lists. A store that can't be asked leaves them unknown.
  void Describe(ModelVersion& version, const CallContext& call) const;

  struct Findings {
    Status served;
    Status evaluation;
  };
  // Whether either artefact is what was registered, which was checked whole then: NotFound
  // "artefact_missing", DataLoss "artefact_corrupt". Reads them when they aren't those that it read
  // last, else remembers.
  Findings Inspect(const ModelVersion& version, const CallContext& call);

 private:
  struct Remembered {
    ArtefactStore::Identity seen;
    Status finding;
  };
  static constexpr std::size_t kMostRemembered =
      128;  // what aliases name is eight, and some before
  ArtefactState StateOf(const Artefact& artefact, const CallContext& call) const;
  Status Inspect(const Artefact& artefact, const std::string& name, const CallContext& call);

  ArtefactStore& store_;
  mutable std::mutex mutex_;
  std::map<std::string, Remembered> remembered_;  // by id
};

}  // namespace marquee::registry
