// Where API keys are kept. store/ implements it; testing/api_key_contract.h is what every store
// must do. As the ports of domain/ports.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "auth/domain/account.h"
#include "auth/domain/api_key.h"
#include "base/call_context.h"
#include "base/clock.h"
#include "base/result.h"

namespace marquee::auth {

// A key, with what it is known by, and whose it is.
struct HeldApiKey {
  ApiKey key;
  ApiKeyHashes hashes;
  Roles roles;            // of its person, as they are now
  bool disabled = false;  // that person's account
};

// Keys are known by their hashes (32 bytes) only. They go with their account.
class ApiKeyRepository {
 public:
  virtual ~ApiKeyRepository() = default;
  // With its number. NotFound "account_unknown"; FailedPrecondition "api_keys_too_many" when the
  // person has `most` of them, however many are added at once.
  virtual Result<ApiKey> Add(const ApiKey& key, const std::string& hash, int most,
                             const CallContext& call) = 0;
  // A person's, by number, those above `after`.
  virtual Result<std::vector<ApiKey>> ListOf(std::int64_t user_id, std::int64_t after, int limit,
                                             const CallContext& call) = 0;
  // Both of that person's key alone: NotFound "api_key_unknown".
  virtual Status Remove(std::int64_t user_id, const std::string& id, const CallContext& call) = 0;
  // The current hash becomes the previous one, until `previous_until`, or is gone without it.
  virtual Result<ApiKey> Replace(std::int64_t user_id, const std::string& id,
                                 const std::string& hash, std::optional<Time> previous_until,
                                 const CallContext& call) = 0;
  // NotFound "api_key_unknown".
  virtual Result<HeldApiKey> Held(const std::string& id, const CallContext& call) = 0;
  // Notes a use, unless one was noted since `unless_since`. Of an unknown key nothing.
  virtual Status NoteUse(const std::string& id, Time now, const std::string& address,
                         Time unless_since, const CallContext& call) = 0;
};

}  // namespace marquee::auth
