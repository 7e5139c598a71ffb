#include "auth/store/pg_identities.h"

#include <pqxx/pqxx>

#include "auth/store/errors.h"
#include "auth/store/pg_accounts.h"
#include "auth/store/rows.h"
#include "base/uuid.h"
#include "pg/array.h"
#include "pg/pool.h"
#include "pg/time.h"

namespace marquee::auth {
namespace {

#define MOMENT MARQUEE_AUTH_MOMENT
#define MICROSECONDS(column) "(extract(epoch FROM " column ") * 1000000)::bigint"

// Until the end of the transaction: who else changes this account's identities waits.
Status LockAccount(pg::Transaction& tx, std::int64_t user_id) {
  const auto rows = tx.exec_params("SELECT FROM accounts WHERE user_id = $1 FOR UPDATE", user_id);
  return rows.empty() ? Status(AccountUnknown()) : Status();
}

void Insert(pg::Transaction& tx, std::int64_t user_id, const Identity& identity) {
  tx.exec_params(
      "INSERT INTO identities (identity_id, user_id, issuer, subject, email, linked_at, used_at) "
      "VALUES ($1::uuid, $2, $3, $4, $5, " MOMENT(6) ", " MOMENT(7) ")",
      identity.identity_id, user_id, identity.issuer, identity.subject, identity.email,
      pg::ToMicroseconds(identity.linked_at), pg::ToMicroseconds(identity.used_at));
}

template <typename T>
Result<T> InDomainTerms(Result<T> result) {
  if (result.ok()) return result;
  if (pg::IsViolationOf(result.error(), "accounts_by_email")) return EmailTaken();
  if (pg::IsViolationOf(result.error(), "identities_by_subject")) return IdentityTaken();
  if (pg::IsViolationOf(result.error(), "provider_requests_user_id_fkey")) return AccountUnknown();
  return result;
}

}  // namespace

Result<Account> PgIdentities::Use(const std::string& issuer, const std::string& subject,
                                  const std::string& email, Time now, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<Account> {
        const auto used = tx.exec_params(
            "UPDATE identities SET used_at = " MOMENT(
                3) ", email = $4 WHERE issuer = $1 AND subject = $2 RETURNING user_id",
            issuer, subject, pg::ToMicroseconds(now), email);
        if (used.empty()) return IdentityUnknown();
        const auto rows = tx.exec_params("SELECT " MARQUEE_AUTH_ACCOUNT_COLUMNS
                                         " FROM accounts WHERE user_id = $1",
                                         used[0][0].as<std::int64_t>());
        return ReadAccount(rows[0]);
      },
      {.deadline = call.deadline});
}

Result<Account> PgIdentities::CreateAccount(const NewAccount& account, const Identity& identity,
                                            const CallContext& call) {
  return InDomainTerms(pool_.Run(
      [&](pg::Transaction& tx) -> Result<Account> {
        ASSIGN_OR_RETURN(Account created, InsertAccount(tx, account));
        Insert(tx, created.user_id, identity);
        return created;
      },
      {.deadline = call.deadline}));
}

Status PgIdentities::Link(std::int64_t user_id, const Identity& identity, int most,
                          const CallContext& call) {
  return InDomainTerms(pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        RETURN_IF_ERROR(LockAccount(tx, user_id));
        const auto before = tx.exec_params(
            "SELECT count(*), coalesce(bool_or(issuer = $2 AND subject = $3), false) "
            "FROM identities WHERE user_id = $1",
            user_id, identity.issuer, identity.subject);
        if (!before[0][1].as<bool>()) {
          if (before[0][0].as<int>() >= most) return IdentitiesTooMany(most);
          Insert(tx, user_id, identity);
        }
        tx.exec_params(
            "UPDATE accounts SET email_verified = true WHERE user_id = $1 AND NOT email_verified "
            "AND lower(email COLLATE \"C\") = lower($2::text COLLATE \"C\")",
            user_id, identity.email);
        return {};
      },
      {.deadline = call.deadline}));
}

Result<std::vector<Identity>> PgIdentities::ListOf(std::int64_t user_id, const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<std::vector<Identity>> {
        std::vector<Identity> identities;
        for (const auto& row : tx.exec_params(
                 "SELECT identity_id, issuer, subject, email, " MICROSECONDS(
                     "linked_at") ", " MICROSECONDS("used_at") " FROM identities WHERE user_id = "
                                                               "$1 ORDER BY linked_at, identity_id",
                 user_id)) {
          identities.push_back({.identity_id = row[0].as<std::string>(),
                                .issuer = row[1].as<std::string>(),
                                .subject = row[2].as<std::string>(),
                                .email = row[3].as<std::string>(),
                                .linked_at = pg::FromMicroseconds(row[4].as<std::int64_t>()),
                                .used_at = pg::FromMicroseconds(row[5].as<std::int64_t>())});
        }
        return identities;
      },
      {.deadline = call.deadline});
}

Status PgIdentities::Remove(std::int64_t user_id, const std::string& identity_id,
                            const std::vector<std::string>& issuers, const CallContext& call) {
  const auto uuid = Uuid::Parse(identity_id);
  if (!uuid) return IdentityUnknown();
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        if (!LockAccount(tx, user_id).ok()) return IdentityUnknown();
        const auto removed = tx.exec_params(
            "DELETE FROM identities WHERE identity_id = $1::uuid AND user_id = $2 "
            "RETURNING identity_id",
            uuid->ToString(), user_id);
        if (removed.empty()) return IdentityUnknown();
        const auto left = tx.exec_params(
            "SELECT password_hash IS NOT NULL OR EXISTS (SELECT FROM identities i "
            "WHERE i.user_id = accounts.user_id AND i.issuer = ANY ($2::text[])) "
            "FROM accounts WHERE user_id = $1",
            user_id, pg::Array(issuers));
        return left[0][0].as<bool>() ? Status() : Status(LastSignIn());
      },
      {.deadline = call.deadline});
}

Status PgIdentities::AddRequest(const std::string& state_hash, const ProviderRequest& request,
                                const CallContext& call) {
  return InDomainTerms(pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params(
            "INSERT INTO provider_requests (state_hash, provider, browser_hash, user_id, "
            "return_to, "
            "target, expires_at) VALUES (decode($1, 'hex'), $2, decode($3, 'hex'), "
            "nullif($4::bigint, 0), $5, $6, " MOMENT(7) ")",
            ToHex(state_hash), request.provider, ToHex(request.browser_hash), request.user_id,
            request.return_to, request.target, pg::ToMicroseconds(request.expires_at));
        return {};
      },
      {.deadline = call.deadline}));
}

Result<ProviderRequest> PgIdentities::TakeRequest(const std::string& state_hash,
                                                  const std::string& provider,
                                                  const std::string& browser_hash, Time now,
                                                  const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<ProviderRequest> {
        const auto rows = tx.exec_params(
            "DELETE FROM provider_requests WHERE state_hash = decode($1, 'hex') AND provider = $2 "
            "AND browser_hash = decode($3, 'hex') AND expires_at > " MOMENT(
                4) " RETURNING coalesce(user_id, 0), return_to, target, " MICROSECONDS("expires_"
                                                                                       "at"),
            ToHex(state_hash), provider, ToHex(browser_hash), pg::ToMicroseconds(now));
        if (rows.empty()) return ProviderRequestUnknown();
        return ProviderRequest{.provider = provider,
                               .browser_hash = browser_hash,
                               .user_id = rows[0][0].as<std::int64_t>(),
                               .return_to = rows[0][1].as<std::string>(),
                               .target = rows[0][2].as<std::string>(),
                               .expires_at = pg::FromMicroseconds(rows[0][3].as<std::int64_t>())};
      },
      {.deadline = call.deadline});
}

Status PgIdentities::Purge(Time now, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params("DELETE FROM provider_requests WHERE expires_at <= " MOMENT(1),
                       pg::ToMicroseconds(now));
        return {};
      },
      {.deadline = call.deadline});
}

}  // namespace marquee::auth
