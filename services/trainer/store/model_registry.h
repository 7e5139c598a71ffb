// ModelRegistry on PostgreSQL: tables model_versions, model_aliases and promotions.
#pragma once

#include "pg/pool.h"
#include "trainer/domain/ports.h"

namespace marquee::trainer {

class PgModelRegistry final : public ModelRegistry {
 public:
  explicit PgModelRegistry(pg::Pool& pool) : pool_(pool) {}

  Status Complete(std::int64_t run_id, const Owner& owner, const RunOutcome& outcome,
                  const std::vector<NewVersion>& versions) override;
  Result<std::vector<ModelVersion>> ListVersions(const std::string& model, std::int64_t before,
                                                 int limit) override;
  Result<ModelVersion> GetVersion(const std::string& model, std::int64_t version) override;
  Result<ModelVersion> GetAlias(const std::string& model, const std::string& alias) override;
  Result<ModelVersion> SetAlias(const std::string& model, const std::string& alias,
                                std::int64_t version, std::int64_t moved_by) override;
  Result<int> AnnouncePending(const std::function<Status(const Promotion&)>& announce) override;
  Result<std::int64_t> PendingAnnouncements() override;
  Result<std::vector<std::string>> RegisteredFiles() override;

 private:
  pg::Pool& pool_;
};

}  // namespace marquee::trainer
