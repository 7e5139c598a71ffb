// The registry's stores in memory: held to the same contracts as PostgreSQL's, for tests of what
// stands on them. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "registry/domain/ports.h"

namespace marquee::registry::testing {

class MemoryVersions final : public VersionStore {
 public:
  // The next Add answers Unavailable before anything has happened, as when the process is killed
  // between the artefact and its row.
  void FailNextAdd() {
    const std::lock_guard lock(mutex_);
    fails_ = true;
  }

  Result<Added> Add(const NewVersion& version, const CallContext& call) override;
  Result<ModelVersion> TakeOver(const ModelVersion& version, const CallContext& call) override;
  Result<std::vector<ModelVersion>> ListVersions(const std::string& model, std::int64_t before,
                                                 int limit, const CallContext& call) override;
  Result<std::vector<ModelVersion>> OfRuns(const std::vector<std::int64_t>& run_ids,
                                           const CallContext& call) override;
  Result<ModelVersion> GetVersion(const std::string& model, std::int64_t version,
                                  const CallContext& call) override;
  Result<ModelVersion> GetAlias(const std::string& model, const std::string& alias,
                                const CallContext& call) override;
  Result<ModelVersion> SetAlias(const std::string& model, const std::string& alias,
                                std::int64_t version, const CallContext& call) override;
  Result<int> AnnouncePending(const CallContext& call,
                              const std::function<Status(const Promotion&)>& announce) override;
  Result<std::int64_t> PendingAnnouncements(const CallContext& call) override;
  Result<std::vector<std::string>> Artefacts(const CallContext& call) override;

 private:
  // Called with the lock held.
  ModelVersion Read(const ModelVersion& version) const;
  void Move(const std::string& model, const std::string& alias, std::int64_t version);

  std::mutex mutex_;
  bool fails_ = false;
  std::map<std::string, std::map<std::int64_t, ModelVersion>> versions_;
  std::map<std::pair<std::string, std::string>, std::int64_t> aliases_;
  std::vector<Promotion> promotions_;
  std::size_t announced_ = 0;
};

class MemoryArtefacts final : public ArtefactStore {
 public:
  Status Put(const std::string& id, const std::filesystem::path& file,
             const CallContext& call) override;
  Status Read(const std::string& id, const CallContext& call,
              const std::function<Status(std::string chunk)>& each) override;
  Result<std::optional<Identity>> Identify(const std::string& id, const CallContext& call) override;
  Status Remove(const std::string& id, const CallContext& call) override;
  Result<std::vector<std::string>> OlderThan(std::chrono::milliseconds age,
                                             const CallContext& call) override;

  // What happens to the bytes behind everyone's back.
  void Change(const std::string& id, const std::function<void(std::string& bytes)>& change);
  std::vector<std::string> Ids() const;

 private:
  struct Kept {
    std::string bytes;
    int changes = 0;
    Time stored_at;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Kept> kept_;
};

}  // namespace marquee::registry::testing
