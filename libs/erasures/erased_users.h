// Who was erased, in a service's own database: what comes of them later is left out.
//
// Migrations of a database that uses it create (names are fixed), beside consumer_offsets
// (ratings/rating_projection.h):
//
//   CREATE TABLE erased_users (
//     user_id      bigint      PRIMARY KEY,
//     erasure_id   text        NOT NULL,
//     requested_at timestamptz NOT NULL,
//     erased_at    timestamptz,  -- when what was kept of them was deleted
//     confirmed_at timestamptz   -- when Kafka had the receipt
//   );
//   CREATE INDEX erased_users_unconfirmed ON erased_users (requested_at) WHERE confirmed_at IS NULL;
//
// Everything here throws the driver's exceptions: inside Pool::Run only.
#pragma once

#include <cstdint>
#include <set>
#include <span>

#include "base/result.h"
#include "pg/pool.h"

namespace marquee::erasures {

// Those of these users who were erased. Nobody else is until the transaction ends, so that what it
// writes of the others is seen when they are.
std::set<std::int64_t> ErasedAmong(pg::Transaction& tx, std::span<const std::int64_t> user_ids);

// For a write by one: Unauthenticated "token_revoked" when they were erased.
Status RefuseErased(pg::Transaction& tx, std::int64_t user_id);

}  // namespace marquee::erasures
