// Second factors in PostgreSQL.
#pragma once

#include "auth/domain/second_factor.h"

namespace marquee::pg {
class Pool;
}

namespace marquee::auth {

class PgSecondFactors final : public SecondFactorRepository {
 public:
  explicit PgSecondFactors(pg::Pool& pool) : pool_(pool) {}

  Status Begin(std::int64_t user_id, const std::string& sealed, Time now,
               const CallContext& call) override;
  Result<std::optional<SecondFactor>> Find(std::int64_t user_id, const CallContext& call) override;
  Result<bool> Confirm(std::int64_t user_id, const std::string& sealed, std::int64_t step,
                       const std::vector<std::string>& recovery_hashes, Time now,
                       const CallContext& call) override;
  Result<bool> TakeStep(std::int64_t user_id, std::int64_t step, const CallContext& call) override;
  Result<bool> TakeRecoveryCode(std::int64_t user_id, const std::string& hash,
                                const CallContext& call) override;
  Status Remove(std::int64_t user_id, const CallContext& call) override;

 private:
  pg::Pool& pool_;
};

}  // namespace marquee::auth
