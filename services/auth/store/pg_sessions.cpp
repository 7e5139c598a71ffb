#include "auth/store/pg_sessions.h"

#include <pqxx/pqxx>

#include "auth/store/errors.h"
#include "auth/store/rows.h"
#include "base/uuid.h"
#include "pg/pool.h"
#include "pg/time.h"

namespace marquee::auth {
namespace {

#define MOMENT MARQUEE_AUTH_MOMENT

void AddToken(pg::Transaction& tx, const std::string& hash, const std::string& session_id,
              Time now) {
  tx.exec_params(
      "INSERT INTO refresh_tokens (token_hash, session_id, issued_at) "
      "VALUES (decode($1, 'hex'), $2::uuid, " MOMENT(3) ")",
      ToHex(hash), session_id, pg::ToMicroseconds(now));
}

// The session of a token, locked until the end of the transaction; empty when there is none.
std::string LockSession(pg::Transaction& tx, const std::string& token_hash) {
  const auto rows = tx.exec_params(
      "SELECT session_id FROM sessions WHERE session_id = "
      "(SELECT session_id FROM refresh_tokens WHERE token_hash = decode($1, 'hex')) FOR UPDATE",
      ToHex(token_hash));
  return rows.empty() ? std::string() : rows[0][0].as<std::string>();
}

struct Presented {
  PresentedToken token;
  Account account;
};

// Read after the lock was taken, by a statement of its own: it sees what the last holder wrote.
Result<Presented> ReadPresented(pg::Transaction& tx, const std::string& token_hash,
                                const std::string& next_hash) {
  const auto rows = tx.exec_params(
      "SELECT " MARQUEE_AUTH_ACCOUNT_COLUMNS
      ", (extract(epoch FROM t.spent_at) * 1000000)::bigint, "
      "(extract(epoch FROM s.expires_at) * 1000000)::bigint, "
      "(extract(epoch FROM s.ended_at) * 1000000)::bigint, "
      "EXISTS (SELECT FROM refresh_tokens n WHERE n.token_hash = decode($2, 'hex') "
      "AND n.session_id = t.session_id AND n.spent_at IS NULL) "
      "FROM refresh_tokens t JOIN sessions s USING (session_id) JOIN accounts USING (user_id) "
      "WHERE t.token_hash = decode($1, 'hex')",
      ToHex(token_hash), ToHex(next_hash));
  if (rows.empty()) return Error::Internal("a locked session lost its token");
  const auto row = rows[0];
  ASSIGN_OR_RETURN(Account account, ReadAccount(row));
  Presented presented{{.spent_at = {},
                       .successor_unused = row[8].as<bool>(),
                       .session_expires_at = pg::FromMicroseconds(row[6].as<std::int64_t>()),
                       .session_ended_at = {}},
                      std::move(account)};
  if (!row[5].is_null()) presented.token.spent_at = pg::FromMicroseconds(row[5].as<std::int64_t>());
  if (!row[7].is_null()) {
    presented.token.session_ended_at = pg::FromMicroseconds(row[7].as<std::int64_t>());
  }
  return presented;
}

void Advance(pg::Transaction& tx, const std::string& session_id, const std::string& token_hash,
             const std::string& next_hash, Time now, Time expires_at) {
  tx.exec_params(
      "UPDATE refresh_tokens SET spent_at = " MOMENT(2) " WHERE token_hash = decode($1, 'hex')",
      ToHex(token_hash), pg::ToMicroseconds(now));
  AddToken(tx, next_hash, session_id, now);
  tx.exec_params("UPDATE sessions SET expires_at = " MOMENT(2) " WHERE session_id = $1::uuid",
                 session_id, pg::ToMicroseconds(expires_at));
}

}  // namespace

Status PgSessions::Start(const Session& session, const std::string& token_hash,
                         const CallContext& call) {
  auto status = pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params(
            "INSERT INTO sessions (session_id, user_id, created_at, expires_at) "
            "VALUES ($1::uuid, $2, " MOMENT(3) ", " MOMENT(4) ")",
            session.session_id, session.user_id, pg::ToMicroseconds(session.created_at),
            pg::ToMicroseconds(session.expires_at));
        AddToken(tx, token_hash, session.session_id, session.created_at);
        return {};
      },
      {.deadline = call.deadline});
  if (!status.ok() && pg::IsViolationOf(status.error(), "sessions_of_account")) {
    return AccountUnknown();
  }
  return status;
}

Result<Rotation> PgSessions::Rotate(const std::string& token_hash, const std::string& next_hash,
                                    Time now, Time expires_at, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<Rotation> {
        const std::string session_id = LockSession(tx, token_hash);
        if (session_id.empty()) return Rotation{JudgeRefresh(std::nullopt, now)};
        ASSIGN_OR_RETURN(Presented presented, ReadPresented(tx, token_hash, next_hash));
        const auto verdict = JudgeRefresh(presented.token, now);
        if (verdict == RefreshVerdict::kReused) {
          tx.exec_params("UPDATE sessions SET ended_at = " MOMENT(2) " WHERE session_id = $1::uuid",
                         session_id, pg::ToMicroseconds(now));
        }
        if (verdict != RefreshVerdict::kRotate && verdict != RefreshVerdict::kRepeat)
          return Rotation{verdict};
        if (verdict == RefreshVerdict::kRotate)
          Advance(tx, session_id, token_hash, next_hash, now, expires_at);
        return Rotation{verdict, session_id, std::move(presented.account)};
      },
      {.deadline = call.deadline});
}

Result<Account> PgSessions::FindHolder(const std::string& session_id, std::int64_t user_id,
                                       Time now, const CallContext& call) {
  // A token's session id is ours, a UUID; what isn't one names no session.
  const auto uuid = Uuid::Parse(session_id);
  return pool_.ReadOne(
      [&](pg::Transaction& tx) -> Result<Account> {
        pg::Prepare(tx, "holder",
                    "SELECT " MARQUEE_AUTH_ACCOUNT_COLUMNS
                    ", EXISTS (SELECT FROM sessions WHERE session_id = $1::uuid "
                    "AND sessions.user_id = accounts.user_id AND ended_at IS NULL "
                    "AND expires_at > " MOMENT(3) ") FROM accounts WHERE user_id = $2");
        const auto rows = tx.exec_prepared("holder", uuid ? uuid->ToString() : Uuid().ToString(),
                                           user_id, pg::ToMicroseconds(now));
        if (rows.empty()) return AccountUnknown();
        if (!rows[0][5].as<bool>()) return SessionEnded();
        return ReadAccount(rows[0]);
      },
      {.deadline = call.deadline});
}

Status PgSessions::End(const std::string& token_hash, Time now, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params("UPDATE sessions SET ended_at = " MOMENT(2)
                       " WHERE ended_at IS NULL AND session_id = "
                       "(SELECT session_id FROM refresh_tokens WHERE token_hash = "
                       "decode($1, 'hex'))",
                       ToHex(token_hash), pg::ToMicroseconds(now));
        return {};
      },
      {.deadline = call.deadline});
}

Result<std::int64_t> PgSessions::Purge(Time now, Time expired_before, Time spent_before,
                                       const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<std::int64_t> {
        tx.exec_params("DELETE FROM sessions WHERE expires_at < " MOMENT(1),
                       pg::ToMicroseconds(expired_before));
        tx.exec_params("DELETE FROM refresh_tokens WHERE spent_at < " MOMENT(1),
                       pg::ToMicroseconds(spent_before));
        return tx
            .exec_params(
                "SELECT count(*) FROM sessions WHERE ended_at IS NULL AND expires_at > " MOMENT(1),
                pg::ToMicroseconds(now))[0][0]
            .as<std::int64_t>();
      },
      {.deadline = call.deadline});
}

}  // namespace marquee::auth
