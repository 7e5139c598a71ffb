// VersionStore on PostgreSQL: tables model_versions, model_aliases and promotions.
#pragma once

#include "pg/pool.h"
#include "registry/domain/ports.h"

namespace marquee::registry {

class PgVersionStore final : public VersionStore {
 public:
  explicit PgVersionStore(pg::Pool& pool) : pool_(pool) {}

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
  pg::Pool& pool_;
};

}  // namespace marquee::registry
