// Argon2id (RFC 9106) by libsodium. Hashes carry their own parameters.
#pragma once

#include <chrono>
#include <functional>

#include "auth/crypto/hash_gate.h"
#include "auth/domain/ports.h"
#include "base/call_context.h"

namespace marquee::auth {

struct Argon2Cost {
  unsigned long long passes = 2;  // libsodium's interactive limits
  std::size_t memory_bytes = 64 << 20;
};

class Argon2Hasher final : public PasswordHasher {
 public:
  using Observer = std::function<void(std::chrono::nanoseconds took)>;
  explicit Argon2Hasher(HashGateLimits limits, Argon2Cost cost = {}, Observer observer = {});

  Result<std::string> Hash(std::string_view password, const Attempt& attempt,
                           const CallContext& call) override;
  Result<bool> Verify(std::string_view password, const std::string& hash, const Attempt& attempt,
                      const CallContext& call) override;

 private:
  template <typename Work>
  Status Guarded(const Attempt& attempt, const CallContext& call, const Work& work);

  HashGate gate_;
  const Argon2Cost cost_;
  const std::string nobodys_;  // a hash at that cost, to compare with where there is no account
  const Observer observer_;
};

}  // namespace marquee::auth
