#include "auth/testing/memory_second_factors.h"

#include "auth/store/errors.h"

namespace marquee::auth {

MemorySecondFactors::Stored* MemorySecondFactors::At(std::int64_t user_id,
                                                     const CallContext& call) {
  if (!accounts_.Find(user_id, call).ok()) factors_.erase(user_id);
  const auto found = factors_.find(user_id);
  return found == factors_.end() ? nullptr : &found->second;
}

Status MemorySecondFactors::Begin(std::int64_t user_id, const std::string& sealed, Time,
                                  const CallContext& call) {
  const std::lock_guard lock(mutex_);
  const auto account = accounts_.Find(user_id, call);
  if (!account.ok()) return account.error();
  const auto* stored = At(user_id, call);
  if (stored != nullptr && stored->factor.confirmed) return SecondFactorOn();
  factors_[user_id] = {.factor = {.sealed = sealed}, .recovery_hashes = {}};
  return {};
}

Result<std::optional<SecondFactor>> MemorySecondFactors::Find(std::int64_t user_id,
                                                              const CallContext& call) {
  const std::lock_guard lock(mutex_);
  const auto* stored = At(user_id, call);
  return stored == nullptr ? std::nullopt : std::optional(stored->factor);
}

Result<bool> MemorySecondFactors::Confirm(std::int64_t user_id, const std::string& sealed,
                                          std::int64_t step,
                                          const std::vector<std::string>& recovery_hashes, Time,
                                          const CallContext& call) {
  const std::lock_guard lock(mutex_);
  auto* stored = At(user_id, call);
  if (stored == nullptr || stored->factor.confirmed || stored->factor.sealed != sealed)
    return false;
  stored->factor.confirmed = true;
  stored->factor.last_step = step;
  stored->recovery_hashes = {recovery_hashes.begin(), recovery_hashes.end()};
  accounts_.Edit(user_id, [](Credentials& found) { found.account.second_factor = true; });
  return true;
}

Result<bool> MemorySecondFactors::TakeStep(std::int64_t user_id, std::int64_t step,
                                           const CallContext& call) {
  const std::lock_guard lock(mutex_);
  auto* stored = At(user_id, call);
  if (stored == nullptr || !stored->factor.confirmed || stored->factor.last_step >= step)
    return false;
  stored->factor.last_step = step;
  return true;
}

Result<bool> MemorySecondFactors::TakeRecoveryCode(std::int64_t user_id, const std::string& hash,
                                                   const CallContext& call) {
  const std::lock_guard lock(mutex_);
  auto* stored = At(user_id, call);
  return stored != nullptr && stored->recovery_hashes.erase(hash) == 1;
}

Status MemorySecondFactors::Remove(std::int64_t user_id, const CallContext& call) {
  const std::lock_guard lock(mutex_);
  if (At(user_id, call) == nullptr) return SecondFactorUnknown();
  factors_.erase(user_id);
  accounts_.Edit(user_id, [](Credentials& found) { found.account.second_factor = false; });
  return {};
}

}  // namespace marquee::auth
