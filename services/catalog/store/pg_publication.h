// The outbox in PostgreSQL (migrations/deploy/movie_outbox.sql).
#pragma once

#include "catalog/app/movie_publisher.h"
#include "pg/pool.h"

namespace marquee::catalog {

class PgPublicationStore final : public PublicationStore {
 public:
  // A pool of one connection that is kept: the turn is an advisory lock of its session's.
  explicit PgPublicationStore(pg::Pool& pool) : pool_(pool) {}
  Result<std::int64_t> Turn(Time deadline) override;
  Result<std::vector<MovieChange>> Changes(int limit, Time deadline) override;
  Status Settle(std::int64_t turn, std::span<const MovieChange> changes, Time deadline) override;
  Status Mark(std::span<const std::int64_t> movie_ids, Time deadline) override;
  Result<std::vector<movies::MovieRecord>> Read(std::span<const std::int64_t> movie_ids,
                                                Time deadline) override;
  Result<std::vector<std::int64_t>> MovieIds(Time deadline) override;
  Result<std::vector<MovieCount>> Counts(Time deadline) override;
  Result<movies::Totals> Totals(Time deadline) override;
  Result<std::string> RatingsApplied(Time deadline) override;

 private:
  pg::Pool& pool_;
  std::int64_t turn_ = 0;
  int session_ = 0;  // the process id of the server's that holds the lock for us; 0: none
};

}  // namespace marquee::catalog
