// The registry's use cases: what versions there are, moving an alias by hand, handing out
// artefacts.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "trainer/app/artefact_folder.h"
#include "trainer/app/artefact_inspector.h"
#include "trainer/domain/ports.h"

namespace marquee::trainer {

class Registry {
 public:
  static constexpr std::size_t kChunkBytes = 1 << 20;

  // All outlive it. `promoted` is called after an alias was moved.
  Registry(ModelRegistry& store, const ArtefactFolder& folder, std::function<void()> promoted)
      : store_(store), folder_(folder), artefacts_(folder), promoted_(std::move(promoted)) {}

  Result<std::vector<ModelVersion>> ListVersions(const std::string& model, std::int64_t before,
                                                 int limit);
  Result<ModelVersion> GetAlias(const std::string& model, const std::string& alias);
  // FailedPrecondition "artefact_missing" or "artefact_corrupt" when there is nothing left to
  // serve.
  Result<ModelVersion> SetAlias(const std::string& model, const std::string& alias,
                                std::int64_t version, std::int64_t moved_by);
  // What has become of the versions' files, which the store doesn't know. All that this class
  // returns says so already.
  void Describe(std::vector<ModelVersion>& versions) const;
  ArtefactInspector::Findings Inspect(const ModelVersion& version) {
    return artefacts_.Inspect(version);
  }

  // The artefact in pieces of kChunkBytes at most; the first error from `each` ends it.
  Status Download(const std::string& model, std::int64_t version,
                  const std::function<Status(std::string chunk)>& each);

  // Removes the artefacts of versions that no alias names, but for the newest `keep` of each model:
  // what can't be rolled back to any more. Their cards stay. Returns how many versions lost theirs.
  Result<int> DropOldArtefacts(int keep);

 private:
  ModelRegistry& store_;
  const ArtefactFolder& folder_;
  ArtefactInspector artefacts_;
  std::function<void()> promoted_;
};

}  // namespace marquee::trainer
