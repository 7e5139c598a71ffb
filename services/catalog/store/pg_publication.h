// The outbox in PostgreSQL (migrations/deploy/movie_outbox.sql).
#pragma once

#include "base/call_context.h"
#include "catalog/app/movie_publisher.h"
#include "pg/pool.h"

namespace marquee::catalog {

class PgPublicationStore final : public PublicationStore {
 public:
  // A pool of one connection that is kept: the turn is an advisory lock of its session's.
  explicit PgPublicationStore(pg::Pool& pool) : pool_(pool) {}
  Result<std::int64_t> Turn(const CallContext& call) override;
  Result<std::vector<MovieChange>> Changes(int limit, const CallContext& call) override;
  Status Settle(std::int64_t turn, std::span<const MovieChange> changes,
                const CallContext& call) override;
  Status Mark(std::span<const std::int64_t> movie_ids, const CallContext& call) override;
  Result<std::vector<movies::MovieRecord>> Read(std::span<const std::int64_t> movie_ids,
                                                const CallContext& call) override;
  Result<std::vector<std::int64_t>> MovieIds(const CallContext& call) override;
  Result<std::vector<MovieCount>> Counts(const CallContext& call) override;
  Result<movies::Totals> Totals(const CallContext& call) override;
  Result<std::string> RatingsApplied(const CallContext& call) override;

 private:
  pg::Pool& pool_;
  std::int64_t turn_ = 0;
  int session_ = 0;  // the process id of the server's that holds the lock for us; 0: none
};

}  // namespace marquee::catalog
