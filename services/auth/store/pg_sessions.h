// Sessions and refresh tokens in PostgreSQL.
#pragma once

#include "auth/domain/ports.h"

namespace marquee::pg {
class Pool;
}

namespace marquee::auth {

class PgSessions final : public SessionRepository {
 public:
  explicit PgSessions(pg::Pool& pool) : pool_(pool) {}

  Status Start(const Session& session, const std::string& token_hash, Time deadline) override;
  Result<Rotation> Rotate(const std::string& token_hash, const std::string& next_hash, Time now,
                          Time expires_at, Time deadline) override;
  Result<Account> FindHolder(const std::string& session_id, std::int64_t user_id, Time now,
                             Time deadline) override;
  Status End(const std::string& token_hash, Time now, Time deadline) override;
  Result<std::int64_t> Purge(Time now, Time expired_before, Time spent_before,
                             Time deadline) override;

 private:
  pg::Pool& pool_;
};

}  // namespace marquee::auth
