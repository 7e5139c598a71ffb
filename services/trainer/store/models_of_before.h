// ModelsOfBefore on PostgreSQL: tables model_versions and model_aliases, which nobody writes any
// more but for what has been taken over.
#pragma once

#include "pg/pool.h"
#include "trainer/domain/ports.h"

namespace marquee::trainer {

class PgModelsOfBefore final : public ModelsOfBefore {
 public:
  explicit PgModelsOfBefore(pg::Pool& pool) : pool_(pool) {}

  Result<std::vector<Row>> NotTakenOver(const CallContext& call) override;
  Status MarkTakenOver(const std::string& model, std::int64_t version,
                       const CallContext& call) override;

 private:
  pg::Pool& pool_;
};

}  // namespace marquee::trainer
