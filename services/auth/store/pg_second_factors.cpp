#include "auth/store/pg_second_factors.h"

#include <pqxx/pqxx>

#include "auth/store/errors.h"
#include "auth/store/rows.h"
#include "pg/array.h"
#include "pg/pool.h"
#include "pg/time.h"

namespace marquee::auth {

#define MOMENT MARQUEE_AUTH_MOMENT

Status PgSecondFactors::Begin(std::int64_t user_id, const std::string& sealed, Time now,
                              const CallContext& call) {
  auto begun = pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        const auto rows = tx.exec_params(
            "INSERT INTO second_factors (user_id, sealed, created_at) "
            "VALUES ($1, decode($2, 'hex'), " MOMENT(
                3) ") ON CONFLICT (user_id) DO UPDATE SET sealed = excluded.sealed, "
                   "created_at = excluded.created_at, last_step = 0 "
                   "WHERE second_factors.confirmed_at IS NULL RETURNING user_id",
            user_id, ToHex(sealed), pg::ToMicroseconds(now));
        if (rows.empty()) return SecondFactorOn();
        return {};
      },
      {.deadline = call.deadline});
  if (!begun.ok() && pg::IsViolationOf(begun.error(), "second_factors_user_id_fkey"))
    return AccountUnknown();
  return begun;
}

Result<std::optional<SecondFactor>> PgSecondFactors::Find(std::int64_t user_id,
                                                          const CallContext& call) {
  using Found = std::optional<SecondFactor>;
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<Found> {
        const auto rows = tx.exec_params(
            "SELECT encode(sealed, 'hex'), confirmed_at IS NOT NULL, last_step "
            "FROM second_factors WHERE user_id = $1",
            user_id);
        if (rows.empty()) return Found();
        return Found({.sealed = FromHex(rows[0][0].c_str()),
                      .confirmed = rows[0][1].as<bool>(),
                      .last_step = rows[0][2].as<std::int64_t>()});
      },
      {.deadline = call.deadline});
}

Result<bool> PgSecondFactors::Confirm(std::int64_t user_id, const std::string& sealed,
                                      std::int64_t step,
                                      const std::vector<std::string>& recovery_hashes, Time now,
                                      const CallContext& call) {
  std::vector<std::string> hashes;
  for (const auto& hash : recovery_hashes) hashes.push_back(ToHex(hash));
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<bool> {
        const auto confirmed = tx.exec_params(
            "UPDATE second_factors SET confirmed_at = " MOMENT(
                4) ", last_step = $3 WHERE user_id = $1 AND sealed = decode($2, 'hex') "
                   "AND confirmed_at IS NULL RETURNING user_id",
            user_id, ToHex(sealed), step, pg::ToMicroseconds(now));
        if (confirmed.empty()) return false;
        tx.exec_params(
            "INSERT INTO recovery_codes (user_id, code_hash) "
            "SELECT $1, decode(hash, 'hex') FROM unnest($2::text[]) hash",
            user_id, pg::Array(hashes));
        return true;
      },
      {.deadline = call.deadline});
}

Result<bool> PgSecondFactors::TakeStep(std::int64_t user_id, std::int64_t step,
                                       const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<bool> {
        return !tx.exec_params(
                      "UPDATE second_factors SET last_step = $2 WHERE user_id = $1 "
                      "AND last_step < $2 AND confirmed_at IS NOT NULL RETURNING user_id",
                      user_id, step)
                    .empty();
      },
      {.deadline = call.deadline});
}

Result<bool> PgSecondFactors::TakeRecoveryCode(std::int64_t user_id, const std::string& hash,
                                               const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<bool> {
        return !tx.exec_params(
                      "DELETE FROM recovery_codes WHERE user_id = $1 "
                      "AND code_hash = decode($2, 'hex') RETURNING user_id",
                      user_id, ToHex(hash))
                    .empty();
      },
      {.deadline = call.deadline});
}

Status PgSecondFactors::Remove(std::int64_t user_id, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        const auto rows = tx.exec_params(
            "DELETE FROM second_factors WHERE user_id = $1 RETURNING user_id", user_id);
        if (rows.empty()) return SecondFactorUnknown();
        return {};
      },
      {.deadline = call.deadline});
}

}  // namespace marquee::auth
