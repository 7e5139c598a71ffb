#include "auth/store/pg_keys.h"

#include <pqxx/pqxx>

#include "auth/store/errors.h"
#include "auth/store/rows.h"
#include "pg/pool.h"
#include "pg/time.h"

namespace marquee::auth {
namespace {

#define MOMENT MARQUEE_AUTH_MOMENT

std::vector<SealedKey> ReadActive(pg::Transaction& tx, Time now) {
  std::vector<SealedKey> keys;
  const auto rows = tx.exec_params(
      "SELECT kid, encode(sealed, 'hex'), (extract(epoch FROM created_at) * 1000000)::bigint, "
      "(extract(epoch FROM retired_at) * 1000000)::bigint "
      "FROM signing_keys WHERE retired_at IS NULL OR retired_at > " MOMENT(
          1) " ORDER BY created_at, kid",
      pg::ToMicroseconds(now));
  for (const auto& row : rows) {
    SealedKey key{row[0].as<std::string>(), FromHex(row[1].c_str()),
                  pg::FromMicroseconds(row[2].as<std::int64_t>())};
    if (!row[3].is_null()) key.retires_at = pg::FromMicroseconds(row[3].as<std::int64_t>());
    keys.push_back(std::move(key));
  }
  return keys;
}

// One at a time, whichever replica.
void LockKeys(pg::Transaction& tx) {
  tx.exec("SELECT pg_advisory_xact_lock(hashtext('marquee.auth.signing_keys'))");
}

}  // namespace

Result<std::vector<SealedKey>> PgKeys::ListActive(Time now, const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<std::vector<SealedKey>> { return ReadActive(tx, now); },
      {.deadline = call.deadline});
}

Result<std::vector<SealedKey>> PgKeys::AddFirst(const SealedKey& key, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<std::vector<SealedKey>> {
        LockKeys(tx);
        tx.exec_params(
            "INSERT INTO signing_keys (kid, sealed, created_at) "
            "SELECT $1, decode($2, 'hex'), " MOMENT(3) " WHERE NOT EXISTS (SELECT FROM signing_keys "
            "WHERE retired_at IS NULL OR retired_at > " MOMENT(3) ")",
            key.kid, ToHex(key.sealed), pg::ToMicroseconds(key.created_at));
        return ReadActive(tx, key.created_at);
      },
      {.deadline = call.deadline});
}

Result<std::vector<SealedKey>> PgKeys::Rotate(const SealedKey& key, Time others_retire_at,
                                              Time newest_before, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<std::vector<SealedKey>> {
        LockKeys(tx);
        const auto under_way = tx.exec_params(
            "SELECT FROM signing_keys WHERE retired_at IS NULL OR retired_at > " MOMENT(
                1) " HAVING count(*) > 1 AND max(created_at) > " MOMENT(2),
            pg::ToMicroseconds(key.created_at), pg::ToMicroseconds(newest_before));
        if (!under_way.empty()) return RotationUnderWay();
        tx.exec_params("UPDATE signing_keys SET retired_at = " MOMENT(
                           1) " WHERE retired_at IS NULL OR retired_at > " MOMENT(1),
                       pg::ToMicroseconds(others_retire_at));
        tx.exec_params(
            "INSERT INTO signing_keys (kid, sealed, created_at) "
            "VALUES ($1, decode($2, 'hex'), " MOMENT(3) ")",
            key.kid, ToHex(key.sealed), pg::ToMicroseconds(key.created_at));
        return ReadActive(tx, key.created_at);
      },
      {.deadline = call.deadline});
}

}  // namespace marquee::auth
