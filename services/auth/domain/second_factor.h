// A second factor beside the password: one-time codes by time (RFC 6238), and recovery codes, each
// good once, for who has lost the device.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/call_context.h"
#include "base/clock.h"
#include "base/result.h"

namespace marquee::auth {

inline constexpr int kRecoveryCodes = 10;

struct SecondFactor {
  std::string sealed;  // the secret
  bool confirmed = false;
  std::int64_t last_step = 0;  // of the last code that was taken

  friend bool operator==(const SecondFactor&, const SecondFactor&) = default;
};

// Where they are kept; they go with their account. store/ implements it;
// testing/second_factor_contract.h is what every store must do. As the ports of domain/ports.h.
class SecondFactorRepository {
 public:
  virtual ~SecondFactorRepository() = default;
  // In place of one that was begun and not confirmed. FailedPrecondition "second_factor_on"; NotFound
  // "account_unknown".
  virtual Status Begin(std::int64_t user_id, const std::string& sealed, Time now,
                       const CallContext& call) = 0;
  virtual Result<std::optional<SecondFactor>> Find(std::int64_t user_id,
                                                   const CallContext& call) = 0;
  // From now on it is asked for. Whether it was still the one of that secret, not confirmed.
  virtual Result<bool> Confirm(std::int64_t user_id, const std::string& sealed, std::int64_t step,
                               const std::vector<std::string>& recovery_hashes, Time now,
                               const CallContext& call) = 0;
  // Both: whether it was there to be taken, for one of those who ask at the same time. A step counts
  // as taken when a later one was.
  virtual Result<bool> TakeStep(std::int64_t user_id, std::int64_t step,
                                const CallContext& call) = 0;
  virtual Result<bool> TakeRecoveryCode(std::int64_t user_id, const std::string& hash,
                                        const CallContext& call) = 0;
  // NotFound "second_factor_unknown".
  virtual Status Remove(std::int64_t user_id, const CallContext& call) = 0;
};

}  // namespace marquee::auth
