// Signing keys in PostgreSQL, encrypted.
#pragma once

#include "auth/domain/ports.h"
#include "base/call_context.h"

namespace marquee::pg {
class Pool;
}

namespace marquee::auth {

class PgKeys final : public KeyRepository {
 public:
  explicit PgKeys(pg::Pool& pool) : pool_(pool) {}

  Result<std::vector<SealedKey>> ListActive(Time now, const CallContext& call) override;
  Result<std::vector<SealedKey>> AddFirst(const SealedKey& key, const CallContext& call) override;
  Result<std::vector<SealedKey>> Rotate(const SealedKey& key, Time others_retire_at,
                                        Time newest_before, const CallContext& call) override;

 private:
  pg::Pool& pool_;
};

}  // namespace marquee::auth
