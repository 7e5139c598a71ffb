// VersionStore on PostgreSQL: tables model_versions, model_aliases and promotions.
#pragma once

#include "pg/pool.h"
#include "registry/domain/ports.h"

namespace marquee::registry {

class PgVersionStore final : public VersionStore {
 public:
  explicit PgVersionStore(pg::Pool& pool) : pool_(pool) {}

  Result<Added> Add(const NewVersion& version) override;
  Result<ModelVersion> TakeOver(const ModelVersion& version) override;
  Result<std::vector<ModelVersion>> ListVersions(const std::string& model, std::int64_t before,
                                                 int limit) override;
  Result<std::vector<ModelVersion>> OfRuns(const std::vector<std::int64_t>& run_ids) override;
  Result<ModelVersion> GetVersion(const std::string& model, std::int64_t version) override;
  Result<ModelVersion> GetAlias(const std::string& model, const std::string& alias) override;
  Result<ModelVersion> SetAlias(const std::string& model, const std::string& alias,
                                std::int64_t version, std::int64_t moved_by) override;
  Result<int> AnnouncePending(const std::function<Status(const Promotion&)>& announce) override;
  Result<std::int64_t> PendingAnnouncements() override;
  Result<std::vector<std::string>> Artefacts() override;

 private:
  pg::Pool& pool_;
};

}  // namespace marquee::registry
