// rpc::IdempotencyStore in a service's own database. The moments are the database's, so that
// replicas with clocks of their own agree. A migration of the database creates (the name is fixed):
//
//   CREATE TABLE idempotency_keys (
//     id            bytea       PRIMARY KEY CHECK (length(id) = 32),
//     fingerprint   bytea       NOT NULL CHECK (length(fingerprint) = 32),
//     claimed_until timestamptz NOT NULL,  -- who carries the request out has until then
//     answer        bytea,                 -- sealed; once the request was carried out
//     first_used    timestamptz NOT NULL
//   );
//   CREATE INDEX idempotency_keys_by_age ON idempotency_keys (first_used);
#pragma once

#include "base/periodic_task.h"
#include "pg/pool.h"
#include "rpc/idempotency.h"

namespace marquee::idempotency {

class PgIdempotencyStore final : public rpc::IdempotencyStore {
 public:
  static constexpr std::chrono::hours kKept{24};

  // Forgets keys that are older than kKept, on a thread of its own. `pool` outlives it.
  explicit PgIdempotencyStore(pg::Pool& pool);

  Result<rpc::KeyClaim> Claim(const rpc::KeyedCall& call, std::chrono::milliseconds lease,
                              const CallContext& context) override;
  Result<std::optional<std::string>> FindAnswer(const rpc::KeyedCall& call,
                                                const CallContext& context) override;
  Status Keep(const rpc::KeyedCall& call, std::string_view sealed_answer,
              const CallContext& context) override;
  Status Release(const rpc::KeyedCall& call, bool undone, const CallContext& context) override;

  // Deletes at most `limit` keys that are over; how many it were.
  Result<std::int64_t> Forget(int limit, const CallContext& context);

 private:
  pg::Pool& pool_;
  PeriodicTask forgetting_;  // last: it uses the pool
};

}  // namespace marquee::idempotency
