// Erasures in PostgreSQL (migrations/deploy/erasures.sql).
#pragma once

#include <span>

#include "auth/app/erasure_publisher.h"
#include "auth/domain/erasure_repository.h"
#include "pg/pool.h"

namespace marquee::auth {

class PgErasures final : public ErasureRepository {
 public:
  explicit PgErasures(pg::Pool& pool) : pool_(pool) {}
  Result<Erasure> Find(const std::string& erasure_id, const CallContext& call) override;
  Result<std::vector<Erasure>> List(const std::optional<ErasureKey>& before, bool pending,
                                    int limit, const CallContext& call) override;
  Result<std::int64_t> Repeat(const CallContext& call) override;

 private:
  pg::Pool& pool_;
};

class PgErasureOutbox final : public ErasureOutbox {
 public:
  explicit PgErasureOutbox(pg::Pool& pool) : pool_(pool) {}
  Result<int> Drain(int limit, Time again_before, const Publish& publish,
                    const CallContext& call) override;
  Result<PendingErasures> Settle(const std::vector<std::string>& services,
                                 const CallContext& call) override;

 private:
  pg::Pool& pool_;
};

// These throw the driver's exceptions: within Pool::Run alone.

// Deletes the account, which is there only in a database that was restored, and knows of the erasure
// again (erasures::ErasureConsumer::Erase).
Status ErasePerson(pg::Transaction& tx, const erasures::Erasure& person);
Status TakeReceipts(pg::Transaction& tx, std::span<const erasures::Receipt> receipts);

}  // namespace marquee::auth
