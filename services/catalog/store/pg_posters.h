// Posters in PostgreSQL.
#pragma once

#include "base/call_context.h"
#include "catalog/domain/ports.h"
#include "pg/pool.h"

namespace marquee::catalog {

class PgPosterRepository final : public PosterRepository {
 public:
  explicit PgPosterRepository(pg::Pool& pool) : pool_(pool) {}
  Result<Poster> Find(std::int64_t movie_id, const CallContext& call) override;
  Status Put(std::int64_t movie_id, const Poster& poster, const CallContext& call) override;

 private:
  pg::Pool& pool_;
};

}  // namespace marquee::catalog
