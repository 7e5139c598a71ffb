#include "auth/store/pg_accounts.h"

#include <pqxx/pqxx>

#include "auth/store/erasure_rows.h"
#include "auth/store/errors.h"
#include "auth/store/rows.h"
#include "pg/array.h"
#include "pg/pool.h"
#include "pg/time.h"

namespace marquee::auth {
namespace {

#define ACCOUNT MARQUEE_AUTH_ACCOUNT_COLUMNS

// Whoever changes who is an administrator holds this until the end of the transaction, so that two
// can't both take the other for the one who stays.
void LockAdministrators(pg::Transaction& tx) {
  tx.exec("SELECT pg_advisory_xact_lock(hashtext('marquee.auth.administrators'))");
}

bool AnyAdministratorBut(pg::Transaction& tx, std::int64_t user_id) {
  return tx
      .exec_params(
          "SELECT EXISTS (SELECT FROM accounts WHERE 'administrator' = ANY (roles) "
          "AND NOT disabled AND user_id <> $1)",
          user_id)[0][0]
      .as<bool>();
}

Status ProtectLastAdministrator(pg::Transaction& tx, std::int64_t user_id) {
  const auto rows = tx.exec_params(
      "SELECT 'administrator' = ANY (roles) AND NOT disabled FROM accounts WHERE user_id = $1",
      user_id);
  if (rows.empty()) return AccountUnknown();
  if (rows[0][0].as<bool>() && !AnyAdministratorBut(tx, user_id)) return LastAdministrator();
  return {};
}

Result<Account> First(const pqxx::result& rows) {
  if (rows.empty()) return AccountUnknown();
  return ReadAccount(rows[0]);
}

Result<Credentials> FirstCredentials(const pqxx::result& rows) {
  ASSIGN_OR_RETURN(Account account, First(rows));
  return Credentials{std::move(account), rows[0][kAccountColumns].as<std::string>()};
}

Result<Account> InDomainTerms(Result<Account> result) {
  if (!result.ok() && pg::IsViolationOf(result.error(), "accounts_by_email")) return EmailTaken();
  return result;
}

const char* OrNull(const std::optional<std::string>& text) {
  return text ? text->c_str() : nullptr;
}

}  // namespace

Result<Account> InsertAccount(pqxx::transaction_base& tx, const NewAccount& account) {
  return First(tx.exec_params(
      "INSERT INTO accounts (email, password_hash, display_name, roles, created_at, "
      "email_verified) VALUES ($1, nullif($2, ''), $3, $4::text[], " MARQUEE_AUTH_MOMENT(
          5) ", $6) RETURNING " ACCOUNT,
      account.email.address(), account.password_hash, account.display_name,
      pg::Array(Names(account.roles)), pg::ToMicroseconds(account.created_at),
      account.email_verified));
}

Result<Account> PgAccounts::Create(const NewAccount& account, const CallContext& call) {
  return InDomainTerms(pool_.Run([&](pg::Transaction& tx) { return InsertAccount(tx, account); },
                                 {.deadline = call.deadline}));
}

Result<Account> PgAccounts::Find(std::int64_t user_id, const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) {
        return First(
            tx.exec_params("SELECT " ACCOUNT " FROM accounts WHERE user_id = $1", user_id));
      },
      {.deadline = call.deadline});
}

Result<Credentials> PgAccounts::FindCredentials(const Email& email, const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) {
        return FirstCredentials(tx.exec_params("SELECT " ACCOUNT
                                               ", coalesce(password_hash, '') FROM accounts "
                                               "WHERE lower(email COLLATE \"C\") = $1",
                                               email.key()));
      },
      {.deadline = call.deadline});
}

Result<Credentials> PgAccounts::FindCredentials(std::int64_t user_id, const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) {
        return FirstCredentials(tx.exec_params(
            "SELECT " ACCOUNT ", coalesce(password_hash, '') FROM accounts WHERE user_id = $1",
            user_id));
      },
      {.deadline = call.deadline});
}

Result<Account> PgAccounts::Change(std::int64_t user_id, const AccountChange& change,
                                   const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) {
        if (change.password_hash) {
          tx.exec_params(
              "UPDATE sessions SET ended_at = " MARQUEE_AUTH_MOMENT(
                  3) " WHERE user_id = $1 AND session_id::text <> $2 AND ended_at IS NULL",
              user_id, change.kept_session_id, pg::ToMicroseconds(change.changed_at));
        }
        return First(tx.exec_params(
            "UPDATE accounts SET display_name = coalesce($2, display_name), "
            "password_hash = coalesce($3, password_hash) WHERE user_id = $1 RETURNING " ACCOUNT,
            user_id, OrNull(change.display_name), OrNull(change.password_hash)));
      },
      {.deadline = call.deadline});
}

Status PgAccounts::Rehash(std::int64_t user_id, const std::string& was, const std::string& becomes,
                          const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params(
            "UPDATE accounts SET password_hash = $3 WHERE user_id = $1 AND password_hash = $2",
            user_id, was, becomes);
        return {};
      },
      {.deadline = call.deadline});
}

Result<Erasure> PgAccounts::Delete(std::int64_t user_id, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<Erasure> {
        LockAdministrators(tx);
        const auto erased = [&] {
          return tx.exec_params("SELECT " ERASURE " FROM erasures WHERE user_id = $1", user_id);
        };
        const Status deletable = ProtectLastAdministrator(tx, user_id);
        if (!deletable.ok()) {
          const auto before = erased();
          if (before.empty()) return deletable.error();
          return ReadErasure(before[0]);
        }
        tx.exec_params(
            "INSERT INTO erasures (user_id, requested_by) VALUES ($1, nullif($2::bigint, 0))",
            user_id, call.caller.user_id);
        tx.exec_params("DELETE FROM accounts WHERE user_id = $1", user_id);
        return ReadErasure(erased()[0]);
      },
      {.deadline = call.deadline});
}

Result<std::vector<Account>> PgAccounts::List(std::int64_t after, int limit,
                                              const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<std::vector<Account>> {
        std::vector<Account> page;
        const auto rows = tx.exec_params(
            "SELECT " ACCOUNT " FROM accounts WHERE user_id > $1 ORDER BY user_id LIMIT $2", after,
            limit);
        for (const auto& row : rows) {
          ASSIGN_OR_RETURN(page.emplace_back(), ReadAccount(row));
        }
        return page;
      },
      {.deadline = call.deadline});
}

Result<Account> PgAccounts::SetRoles(std::int64_t user_id, const Roles& roles,
                                     const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<Account> {
        LockAdministrators(tx);
        if (!roles.contains(Role::kAdministrator)) {
          RETURN_IF_ERROR(ProtectLastAdministrator(tx, user_id));
        }
        return First(tx.exec_params(
            "UPDATE accounts SET roles = $2::text[] WHERE user_id = $1 RETURNING " ACCOUNT, user_id,
            pg::Array(Names(roles))));
      },
      {.deadline = call.deadline});
}

Result<Account> PgAccounts::SetDisabled(std::int64_t user_id, bool disabled, Time now,
                                        const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<Account> {
        LockAdministrators(tx);
        if (disabled) {
          RETURN_IF_ERROR(ProtectLastAdministrator(tx, user_id));
        }
        // The account first: a session that begins meanwhile waits for it (PgSessions::Start), and
        // one that began before is seen here.
        ASSIGN_OR_RETURN(
            Account account,
            First(tx.exec_params(
                "UPDATE accounts SET disabled = $2 WHERE user_id = $1 RETURNING " ACCOUNT, user_id,
                disabled)));
        if (disabled) {
          tx.exec_params("UPDATE sessions SET ended_at = " MARQUEE_AUTH_MOMENT(
                             2) " WHERE user_id = $1 AND ended_at IS NULL",
                         user_id, pg::ToMicroseconds(now));
        }
        return account;
      },
      {.deadline = call.deadline});
}

Result<bool> PgAccounts::HasAdministrator(const CallContext& call) {
  return pool_.Read([](pg::Transaction& tx) -> Result<bool> { return AnyAdministratorBut(tx, 0); },
                    {.deadline = call.deadline});
}

Result<Account> PgAccounts::CreateFirstAdministrator(const NewAccount& account,
                                                     const CallContext& call) {
  return InDomainTerms(pool_.Run(
      [&](pg::Transaction& tx) -> Result<Account> {
        LockAdministrators(tx);
        if (AnyAdministratorBut(tx, 0)) return AlreadyBootstrapped();
        return InsertAccount(tx, account);
      },
      {.deadline = call.deadline}));
}

Result<Account> PgAccounts::PromoteFirstAdministrator(std::int64_t user_id,
                                                      const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<Account> {
        LockAdministrators(tx);
        if (AnyAdministratorBut(tx, 0)) return AlreadyBootstrapped();
        return First(tx.exec_params(
            "UPDATE accounts SET roles = roles || '{administrator}' WHERE user_id = $1 "
            "RETURNING " ACCOUNT,
            user_id));
      },
      {.deadline = call.deadline});
}

}  // namespace marquee::auth
