// Second factors in memory, for tests, beside accounts in memory.
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "auth/domain/second_factor.h"
#include "auth/testing/memory_store.h"

namespace marquee::auth {

class MemorySecondFactors final : public SecondFactorRepository {
 public:
  explicit MemorySecondFactors(MemoryStore& accounts) : accounts_(accounts) {}

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
  struct Stored {
    SecondFactor factor;
    std::set<std::string> recovery_hashes;
  };
  Stored* At(std::int64_t user_id, const CallContext& call);  // nullptr, too, without the account

  MemoryStore& accounts_;
  std::mutex mutex_;
  std::map<std::int64_t, Stored> factors_;
};

}  // namespace marquee::auth
