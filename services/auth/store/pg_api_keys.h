// API keys in PostgreSQL.
#pragma once

#include "auth/domain/api_key_repository.h"

namespace marquee::pg {
class Pool;
}

namespace marquee::auth {

class PgApiKeys final : public ApiKeyRepository {
 public:
  explicit PgApiKeys(pg::Pool& pool) : pool_(pool) {}

  Result<ApiKey> Add(const ApiKey& key, const std::string& hash, int most,
                     const CallContext& call) override;
  Result<std::vector<ApiKey>> ListOf(std::int64_t user_id, std::int64_t after, int limit,
                                     const CallContext& call) override;
  Status Remove(std::int64_t user_id, const std::string& id, const CallContext& call) override;
  Result<ApiKey> Replace(std::int64_t user_id, const std::string& id, const std::string& hash,
                         std::optional<Time> previous_until, const CallContext& call) override;
  Result<HeldApiKey> Held(const std::string& id, const CallContext& call) override;
  Status NoteUse(const std::string& id, Time now, const std::string& address, Time unless_since,
                 const CallContext& call) override;

 private:
  pg::Pool& pool_;
};

}  // namespace marquee::auth
