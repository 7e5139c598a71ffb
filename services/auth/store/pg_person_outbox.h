// The outbox in PostgreSQL: what there was from the beginning (migrations/deploy/person_outbox.sql),
// and what a version of before wouldn't pass on whole (account_state.sql).
#pragma once

#include "auth/app/person_publisher.h"
#include "base/call_context.h"

namespace marquee::pg {
class Pool;
}

namespace marquee::auth {

class PgPersonOutbox final : public PersonOutbox {
 public:
  explicit PgPersonOutbox(pg::Pool& pool) : pool_(pool) {}
  Result<int> Drain(int limit, const Publish& publish, const CallContext& call) override;

 private:
  pg::Pool& pool_;
};

}  // namespace marquee::auth
