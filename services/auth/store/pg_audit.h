// The audit log in PostgreSQL, whose triggers refuse changes.
#pragma once

#include "auth/domain/audit.h"

namespace marquee::pg {
class Pool;
}

namespace marquee::auth {

class PgAudit final : public AuditLog {
 public:
  explicit PgAudit(pg::Pool& pool) : pool_(pool) {}

  Status Add(const AuditEntry& entry, const CallContext& call) override;
  Result<std::vector<AuditEntry>> List(const AuditFilter& filter, std::int64_t before, int limit,
                                       const CallContext& call) override;
  // Some thousands at a time.
  Status Forget(Time before, const CallContext& call) override;

 private:
  pg::Pool& pool_;
};

}  // namespace marquee::auth
