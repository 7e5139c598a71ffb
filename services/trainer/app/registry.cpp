#include "trainer/app/registry.h"

#include "models/registry.h"

namespace marquee::trainer {
namespace {
// Looked at in one go, beyond the kept ones: more than one run can add.
constexpr int kOldVersions = 50;
}  // namespace

Result<std::vector<ModelVersion>> Registry::ListVersions(const std::string& model,
                                                         std::int64_t before, int limit) {
  RETURN_IF_ERROR(CheckModel(model));
  auto versions = store_.ListVersions(model, before, limit);
  if (versions.ok()) Describe(*versions);
  return versions;
}

void Registry::Describe(std::vector<ModelVersion>& versions) const {
  for (auto& version : versions) artefacts_.Describe(version);
}

Result<ModelVersion> Registry::GetAlias(const std::string& model, const std::string& alias) {
  RETURN_IF_ERROR(CheckModel(model));
  RETURN_IF_ERROR(CheckAlias(alias));
  auto version = store_.GetAlias(model, alias);
  if (version.ok()) artefacts_.Describe(*version);
  return version;
}

Result<ModelVersion> Registry::SetAlias(const std::string& model, const std::string& alias,
                                        std::int64_t version, std::int64_t moved_by) {
  RETURN_IF_ERROR(CheckModel(model));
  RETURN_IF_ERROR(CheckAlias(alias));
  ASSIGN_OR_RETURN(const auto found, store_.GetVersion(model, version));
  if (const auto served = Inspect(found).served; !served.ok())
    return Error::FailedPrecondition(served.error().reason,
                                     served.error().message + " It can't be served.");
  ASSIGN_OR_RETURN(auto moved, store_.SetAlias(model, alias, version, moved_by));
  artefacts_.Describe(moved);
  promoted_();
  return moved;
}

Status Registry::Download(const std::string& model, std::int64_t version,
                          const std::function<Status(std::string chunk)>& each) {
  RETURN_IF_ERROR(CheckModel(model));
  ASSIGN_OR_RETURN(const auto found, store_.GetVersion(model, version));
  return folder_.Read(found.file, kChunkBytes, each);
}

Result<int> Registry::DropOldArtefacts(int keep) {
  int dropped = 0;
  for (const auto& task : models::Tasks()) {
    const std::string model(task.name);
    ASSIGN_OR_RETURN(const auto versions, store_.ListVersions(model, 0, keep + kOldVersions));
    for (auto i = static_cast<std::size_t>(keep); i < versions.size(); ++i) {
      if (!versions[i].aliases.empty() || !folder_.Has(versions[i].file)) continue;
      folder_.Remove(versions[i].file);
      folder_.Remove(versions[i].evaluation_file);
      ++dropped;
    }
  }
  return dropped;
}

}  // namespace marquee::trainer
