#include "erasures/erased_users.h"

#include <pqxx/pqxx>

#include "pg/array.h"

namespace marquee::erasures {

std::set<std::int64_t> ErasedAmong(pg::Transaction& tx, std::span<const std::int64_t> user_ids) {
  // A statement of its own: the next one's snapshot is taken when the lock is held.
  tx.exec("LOCK TABLE erased_users IN ROW SHARE MODE");
  const auto rows = tx.exec_params(
      "SELECT user_id FROM erased_users WHERE user_id = ANY($1::bigint[])", pg::Array(user_ids));
  std::set<std::int64_t> erased;
  for (const auto& row : rows) erased.insert(row[0].as<std::int64_t>());
  return erased;
}

Status RefuseErased(pg::Transaction& tx, std::int64_t user_id) {
  if (ErasedAmong(tx, {&user_id, 1}).empty()) return {};
  return Error::Unauthenticated("token_revoked", "The account that this token is of was deleted.");
}

}  // namespace marquee::erasures
