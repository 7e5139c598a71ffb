// Rows of `erasures` to values, for the PostgreSQL stores of auth.
#pragma once

#include "auth/domain/erasure.h"

namespace pqxx {
class row;
}

// The columns that ReadErasure takes, first in a SELECT FROM erasures.
#define ERASURE                                                     \
  "erasures.erasure_id, erasures.user_id, "                         \
  "(extract(epoch FROM erasures.requested_at) * 1000000)::bigint, " \
  "coalesce(erasures.requested_by, 0), "                            \
  "(extract(epoch FROM erasures.completed_at) * 1000000)::bigint"

namespace marquee::auth {

// Without its confirmations.
Erasure ReadErasure(const pqxx::row& row);

}  // namespace marquee::auth
