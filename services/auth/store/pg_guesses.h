// Guesses in PostgreSQL.
#pragma once

#include "auth/domain/guess_repository.h"

namespace marquee::pg {
class Pool;
}

namespace marquee::auth {

class PgGuesses final : public GuessRepository {
 public:
  explicit PgGuesses(pg::Pool& pool) : pool_(pool) {}

  Result<std::optional<Time>> Count(std::span<const GuessKey> keys, Time now,
                                    const CallContext& call) override;
  Status Uncount(std::span<const GuessKey> keys, Time now, const CallContext& call) override;
  Status Forget(std::span<const GuessKey> keys, const CallContext& call) override;
  Status Purge(Time now, const CallContext& call) override;

 private:
  pg::Pool& pool_;
};

}  // namespace marquee::auth
