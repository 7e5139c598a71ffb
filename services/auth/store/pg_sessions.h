// Sessions and refresh tokens in PostgreSQL.
#pragma once

#include "auth/domain/ports.h"
#include "base/call_context.h"

namespace pqxx {
class transaction_base;
}
namespace marquee::pg {
class Pool;
}

namespace marquee::auth {

// What Start does, within another's transaction. As Start.
Status BeginSession(pqxx::transaction_base& tx, const Session& session, const Client& client,
                    const std::string& token_hash);

class PgSessions final : public SessionRepository {
 public:
  explicit PgSessions(pg::Pool& pool) : pool_(pool) {}

  Status Start(const Session& session, const Client& client, const std::string& token_hash,
               const CallContext& call) override;
  Result<Rotation> Rotate(const std::string& token_hash, const std::string& next_hash,
                          const Client& client, Time now, Time expires_at,
                          const CallContext& call) override;
  Result<Account> FindHolder(const std::string& session_id, std::int64_t user_id, Time now,
                             const CallContext& call) override;
  Status End(const std::string& token_hash, Time now, const CallContext& call) override;
  Result<std::vector<SessionView>> ListOf(std::int64_t user_id, const std::string& before,
                                          int limit, Time now, const CallContext& call) override;
  Status EndOne(std::int64_t user_id, const std::string& session_id, Time now,
                const CallContext& call) override;
  Status EndAll(std::int64_t user_id, const std::string& kept_session_id, Time now,
                const CallContext& call) override;
  Result<bool> KnowsNetwork(const Email& email, const std::string& network,
                            const CallContext& call) override;
  Result<std::int64_t> Purge(Time now, Time expired_before, Time spent_before,
                             const CallContext& call) override;

 private:
  pg::Pool& pool_;
};

}  // namespace marquee::auth
