#include "auth/store/pg_keys.h"

#include <pqxx/pqxx>

#include "auth/store/rows.h"
#include "pg/pool.h"
#include "pg/time.h"

namespace marquee::auth {
namespace {

std::vector<SealedKey> ReadActive(pg::Transaction& tx) {
  std::vector<SealedKey> keys;
  const auto rows = tx.exec(
      "SELECT kid, encode(sealed, 'hex'), (extract(epoch FROM created_at) * 1000000)::bigint "
      "FROM signing_keys WHERE retired_at IS NULL ORDER BY created_at, kid");
  for (const auto& row : rows) {
    keys.push_back({row[0].as<std::string>(), FromHex(row[1].c_str()),
                    pg::FromMicroseconds(row[2].as<std::int64_t>())});
  }
  return keys;
}

}  // namespace

Result<std::vector<SealedKey>> PgKeys::ListActive(Time deadline) {
  return pool_.Read(
      [](pg::Transaction& tx) -> Result<std::vector<SealedKey>> { return ReadActive(tx); },
      {.deadline = deadline});
}

Result<std::vector<SealedKey>> PgKeys::AddFirst(const SealedKey& key, Time deadline) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<std::vector<SealedKey>> {
        tx.exec("SELECT pg_advisory_xact_lock(hashtext('marquee.auth.signing_keys'))");
        tx.exec_params(
            "INSERT INTO signing_keys (kid, sealed, created_at) "
            "SELECT $1, decode($2, 'hex'), " MARQUEE_AUTH_MOMENT(
                3) " WHERE NOT EXISTS (SELECT FROM signing_keys WHERE retired_at IS NULL)",
            key.kid, ToHex(key.sealed), pg::ToMicroseconds(key.created_at));
        return ReadActive(tx);
      },
      {.deadline = deadline});
}

}  // namespace marquee::auth
