#include "registry/testing/memory_stores.h"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace marquee::registry::testing {
namespace {

Error UnknownVersion() {
  return Error::NotFound("model_version_unknown", "There is no such version.");
}

}  // namespace

ModelVersion MemoryVersions::Read(const ModelVersion& version) const {
  auto read = version;
  for (const auto& [name, at] : aliases_) {
    if (name.first == version.model && at == version.version) read.aliases.push_back(name.second);
  }
  return read;
}

void MemoryVersions::Move(const std::string& model, const std::string& alias,
                          std::int64_t version) {
  aliases_[{model, alias}] = version;
  promotions_.push_back({.promotion_id = static_cast<std::int64_t>(promotions_.size()) + 1,
                         .model = model,
                         .alias = alias,
                         .version = version,
                         .sha256 = versions_[model][version].served.sha256,
                         .promoted_at = SystemClock().Now()});
}

Result<VersionStore::Added> MemoryVersions::Add(const NewVersion& fresh, const CallContext&) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(fails_, false))
    return Error::Unavailable("database_unavailable", "The database is away.");
  auto& registered = versions_[fresh.model];
  for (const auto& [number, version] : registered) {
    if (version.served.sha256 == fresh.served.sha256) return Added{Read(version), false};
  }
  const auto number = registered.empty() ? 1 : registered.rbegin()->first + 1;
  ModelVersion version{.model = fresh.model, .version = number, .run_id = fresh.run_id};
  version.served = fresh.served;
  version.evaluation = fresh.evaluation;
  version.created_at = SystemClock().Now();
  version.metrics = fresh.metrics;
  version.card = fresh.card;
  registered[number] = version;
  Move(fresh.model, kCandidate, number);
  const auto at = aliases_.find({fresh.model, kChampion});
  const std::int64_t champion = at == aliases_.end() ? 0 : at->second;
  if (fresh.promote && fresh.champion_compared.value_or(champion) == champion)
    Move(fresh.model, kChampion, number);
  return Added{Read(registered[number]), true};
}

Result<ModelVersion> MemoryVersions::TakeOver(const ModelVersion& before, const CallContext&) {
  const std::lock_guard lock(mutex_);
  auto& registered = versions_[before.model];
  const auto there = registered.find(before.version);
  if (there != registered.end()) {
    if (there->second.served.sha256 != before.served.sha256)
      return Error::AlreadyExists("model_version_taken", "It is another artefact here.");
    if (there->second.served.id.empty()) there->second.served.id = before.served.id;
    if (there->second.evaluation.id.empty()) there->second.evaluation = before.evaluation;
    return Read(there->second);
  }
  auto version = before;
  version.aliases.clear();
  registered[before.version] = version;
  for (const auto& alias : before.aliases) {
    if (!aliases_.contains({before.model, alias})) Move(before.model, alias, before.version);
  }
  return Read(registered[before.version]);
}

Result<std::vector<ModelVersion>> MemoryVersions::ListVersions(const std::string& model,
                                                               std::int64_t before, int limit,
                                                               const CallContext&) {
  const std::lock_guard lock(mutex_);
  std::vector<ModelVersion> versions;
  const auto& all = versions_[model];
  for (auto it = all.rbegin(); it != all.rend(); ++it) {
    if ((before == 0 || it->first < before) && static_cast<int>(versions.size()) < limit)
      versions.push_back(Read(it->second));
  }
  return versions;
}

Result<std::vector<ModelVersion>> MemoryVersions::OfRuns(const std::vector<std::int64_t>& runs,
                                                         const CallContext&) {
  const std::lock_guard lock(mutex_);
  std::vector<ModelVersion> found;
  for (const auto& [model, versions] : versions_) {
    for (const auto& [number, version] : versions) {
      if (std::count(runs.begin(), runs.end(), version.run_id) > 0) found.push_back(Read(version));
    }
  }
  return found;
}

Result<ModelVersion> MemoryVersions::GetVersion(const std::string& model, std::int64_t version,
                                                const CallContext&) {
  const std::lock_guard lock(mutex_);
  const auto found = versions_[model].find(version);
  if (found == versions_[model].end()) return UnknownVersion();
  return Read(found->second);
}

Result<ModelVersion> MemoryVersions::GetAlias(const std::string& model, const std::string& alias,
                                              const CallContext&) {
  const std::lock_guard lock(mutex_);
  const auto it = aliases_.find({model, alias});
  if (it == aliases_.end())
    return Error::NotFound("alias_unset", "The alias names no version yet.");
  return Read(versions_[model][it->second]);
}

Result<ModelVersion> MemoryVersions::SetAlias(const std::string& model, const std::string& alias,
                                              std::int64_t version, const CallContext&) {
  const std::lock_guard lock(mutex_);
  if (!versions_[model].contains(version)) return UnknownVersion();
  Move(model, alias, version);
  return Read(versions_[model][version]);
}

Result<int> MemoryVersions::AnnouncePending(
    const CallContext&, const std::function<Status(const Promotion&)>& announce) {
  const std::lock_guard lock(mutex_);
  int count = 0;
  for (; announced_ < promotions_.size(); ++announced_, ++count)
    RETURN_IF_ERROR(announce(promotions_[announced_]));
  return count;
}

Result<std::int64_t> MemoryVersions::PendingAnnouncements(const CallContext&) {
  const std::lock_guard lock(mutex_);
  return static_cast<std::int64_t>(promotions_.size() - announced_);
}

Result<std::vector<std::string>> MemoryVersions::Artefacts(const CallContext&) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> ids;
  for (const auto& [model, versions] : versions_) {
    for (const auto& [number, version] : versions) {
      for (const auto& id : {version.served.id, version.evaluation.id}) {
        if (!id.empty()) ids.push_back(id);
      }
    }
  }
  return ids;
}

Status MemoryArtefacts::Put(const std::string& id, const std::filesystem::path& file,
                            const CallContext&) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return Error::Unavailable("scratch_unavailable", "The upload can't be read back.");
  std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  const std::lock_guard lock(mutex_);
  kept_[id] = {.bytes = std::move(bytes), .stored_at = SystemClock().Now()};
  return {};
}

Status MemoryArtefacts::Read(const std::string& id, const CallContext&,
                             const std::function<Status(std::string chunk)>& each) {
  std::string bytes;
  {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(id);
    if (found == kept_.end())
      return Error::NotFound("artefact_missing", "The artefact is not there any more.");
    bytes = found->second.bytes;
  }
  for (std::size_t at = 0; at < bytes.size(); at += kChunkBytes)
    RETURN_IF_ERROR(each(bytes.substr(at, kChunkBytes)));
  return {};
}

Result<std::optional<ArtefactStore::Identity>> MemoryArtefacts::Identify(const std::string& id,
                                                                         const CallContext&) {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(id);
  if (found == kept_.end()) return std::optional<Identity>{};
  return std::optional(Identity{static_cast<std::int64_t>(found->second.bytes.size()),
                                std::to_string(found->second.changes)});
}

Status MemoryArtefacts::Remove(const std::string& id, const CallContext&) {
  const std::lock_guard lock(mutex_);
  kept_.erase(id);
  return {};
}

Result<std::vector<std::string>> MemoryArtefacts::OlderThan(std::chrono::milliseconds age,
                                                            const CallContext&) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> ids;
  for (const auto& [id, kept] : kept_) {
    if (kept.stored_at + age <= SystemClock().Now()) ids.push_back(id);
  }
  return ids;
}

void MemoryArtefacts::Change(const std::string& id,
                             const std::function<void(std::string& bytes)>& change) {
  const std::lock_guard lock(mutex_);
  auto& kept = kept_.at(id);
  change(kept.bytes);
  ++kept.changes;
}

std::vector<std::string> MemoryArtefacts::Ids() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> ids;
  for (const auto& [id, kept] : kept_) ids.push_back(id);
  return ids;
}

}  // namespace marquee::registry::testing
