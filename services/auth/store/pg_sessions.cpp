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
  const int spent = kAccountColumns, expires = spent + 1, ended = spent + 2, unused = spent + 3;
  ASSIGN_OR_RETURN(Account account, ReadAccount(row));
  Presented presented{{.spent_at = {},
                       .successor_unused = row[unused].as<bool>(),
                       .session_expires_at = pg::FromMicroseconds(row[expires].as<std::int64_t>()),
                       .session_ended_at = {},
                       .account_disabled = false},
                      std::move(account)};
  presented.token.account_disabled = presented.account.disabled;
  if (!row[spent].is_null())
    presented.token.spent_at = pg::FromMicroseconds(row[spent].as<std::int64_t>());
  if (!row[ended].is_null())
    presented.token.session_ended_at = pg::FromMicroseconds(row[ended].as<std::int64_t>());
  return presented;
}

void Advance(pg::Transaction& tx, const std::string& session_id, const std::string& token_hash,
             const std::string& next_hash, const Client& client, Time now, Time expires_at) {
  tx.exec_params(
      "UPDATE refresh_tokens SET spent_at = " MOMENT(2) " WHERE token_hash = decode($1, 'hex')",
      ToHex(token_hash), pg::ToMicroseconds(now));
  AddToken(tx, next_hash, session_id, now);
  tx.exec_params("UPDATE sessions SET expires_at = " MOMENT(2) ", refreshed_at = " MOMENT(
                     3) ", network = $4, user_agent = $5 WHERE session_id = $1::uuid",
                 session_id, pg::ToMicroseconds(expires_at), pg::ToMicroseconds(now),
                 client.network, client.user_agent);
}

}  // namespace

Status BeginSession(pqxx::transaction_base& tx, const Session& session, const Client& client,
                    const std::string& token_hash) {
  // Locked: whoever disables it comes before, or ends this session.
  const auto accounts =
      tx.exec_params("SELECT disabled FROM accounts WHERE user_id = $1 FOR SHARE", session.user_id);
  if (accounts.empty()) return AccountUnknown();
  if (accounts[0][0].as<bool>()) return AccountDisabled();
  tx.exec_params(
      "INSERT INTO sessions (session_id, user_id, created_at, expires_at, refreshed_at, "
      "network, user_agent) "
      "VALUES ($1::uuid, $2, " MOMENT(3) ", " MOMENT(4) ", " MOMENT(3) ", $5, $6)",
      session.session_id, session.user_id, pg::ToMicroseconds(session.created_at),
      pg::ToMicroseconds(session.expires_at), client.network, client.user_agent);
  AddToken(tx, token_hash, session.session_id, session.created_at);
  return {};
}

Status PgSessions::Start(const Session& session, const Client& client,
                         const std::string& token_hash, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) { return BeginSession(tx, session, client, token_hash); },
      {.deadline = call.deadline});
}

Result<Rotation> PgSessions::Rotate(const std::string& token_hash, const std::string& next_hash,
                                    const Client& client, Time now, Time expires_at,
                                    const CallContext& call) {
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
          Advance(tx, session_id, token_hash, next_hash, client, now, expires_at);
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
        ASSIGN_OR_RETURN(Account account, ReadAccount(rows[0]));
        if (account.disabled) return AccountDisabled();
        if (!rows[0][kAccountColumns].as<bool>()) return SessionEnded();
        return account;
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

Result<std::vector<SessionView>> PgSessions::ListOf(std::int64_t user_id, const std::string& before,
                                                    int limit, Time now, const CallContext& call) {
  constexpr char kNone[] = "ffffffff-ffff-ffff-ffff-ffffffffffff";  // after every UUID of version 7
  const auto uuid = Uuid::Parse(before);
  return pool_.Read(
      [&](pg::Transaction& tx) {
        const auto rows = tx.exec_params(
            "SELECT session_id, (extract(epoch FROM created_at) * 1000000)::bigint, "
            "(extract(epoch FROM expires_at) * 1000000)::bigint, "
            // Not known of one that the version of before began.
            "(extract(epoch FROM coalesce(refreshed_at, created_at)) * 1000000)::bigint, "
            "coalesce(network, ''), coalesce(user_agent, '') FROM sessions "
            "WHERE user_id = $1 AND session_id < $2::uuid AND ended_at IS NULL "
            "AND expires_at > " MOMENT(3) " ORDER BY session_id DESC LIMIT $4",
            user_id, uuid ? uuid->ToString() : std::string(kNone), pg::ToMicroseconds(now), limit);
        std::vector<SessionView> page;
        for (const auto& row : rows) {
          page.push_back(
              {.session = {.session_id = row[0].as<std::string>(),
                           .user_id = user_id,
                           .created_at = pg::FromMicroseconds(row[1].as<std::int64_t>()),
                           .expires_at = pg::FromMicroseconds(row[2].as<std::int64_t>())},
               .refreshed_at = pg::FromMicroseconds(row[3].as<std::int64_t>()),
               .client = {.network = row[4].as<std::string>(),
                          .user_agent = row[5].as<std::string>()}});
        }
        return Result(std::move(page));
      },
      {.deadline = call.deadline});
}

Status PgSessions::EndOne(std::int64_t user_id, const std::string& session_id, Time now,
                          const CallContext& call) {
  const auto uuid = Uuid::Parse(session_id);
  if (!uuid) return SessionUnknown();
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        const auto rows = tx.exec_params(
            "SELECT FROM sessions WHERE session_id = $1::uuid AND user_id = $2 FOR UPDATE",
            uuid->ToString(), user_id);
        if (rows.empty()) return SessionUnknown();
        tx.exec_params("UPDATE sessions SET ended_at = " MOMENT(
                           2) " WHERE session_id = $1::uuid AND ended_at IS NULL",
                       uuid->ToString(), pg::ToMicroseconds(now));
        return {};
      },
      {.deadline = call.deadline});
}

Status PgSessions::EndAll(std::int64_t user_id, const std::string& kept_session_id, Time now,
                          const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params("UPDATE sessions SET ended_at = " MOMENT(
                           3) " WHERE user_id = $1 AND session_id::text <> $2 AND ended_at IS NULL",
                       user_id, kept_session_id, pg::ToMicroseconds(now));
        return {};
      },
      {.deadline = call.deadline});
}

Result<bool> PgSessions::KnowsNetwork(const Email& email, const std::string& network,
                                      const CallContext& call) {
  return pool_.ReadOne(
      [&](pg::Transaction& tx) -> Result<bool> {
        pg::Prepare(tx, "knows_network",
                    "SELECT $2 <> '' AND EXISTS (SELECT FROM accounts "
                    "WHERE lower(email COLLATE \"C\") = $1 AND (proved_network = $2 "
                    "OR EXISTS (SELECT FROM sessions WHERE sessions.user_id = accounts.user_id "
                    "AND sessions.network = $2)))");
        return tx.exec_prepared("knows_network", email.key(), network)[0][0].as<bool>();
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
