#include "auth/store/pg_mails.h"

#include <pqxx/pqxx>

#include "auth/store/errors.h"
#include "auth/store/rows.h"
#include "pg/pool.h"
#include "pg/time.h"

namespace marquee::auth {
namespace {

#define MOMENT MARQUEE_AUTH_MOMENT

// Takes a link out, whoever else comes with it at the same time.
Result<MailLink> Use(pg::Transaction& tx, LinkPurpose purpose, const std::string& token_hash,
                     Time now) {
  const auto rows = tx.exec_params(
      "DELETE FROM mail_links WHERE token_hash = decode($1, 'hex') AND purpose = $2 "
      "AND expires_at > " MOMENT(3) " RETURNING user_id, email",
      ToHex(token_hash), std::string(Name(purpose)), pg::ToMicroseconds(now));
  if (rows.empty()) return LinkInvalid();
  ASSIGN_OR_RETURN(Email email, Email::Make(rows[0][1].as<std::string>()));
  return MailLink{
      .user_id = rows[0][0].as<std::int64_t>(), .purpose = purpose, .email = std::move(email)};
}

}  // namespace

Status PgMails::Enqueue(LinkPurpose purpose, const Email& email, std::int64_t user_id, Time now,
                        const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params(
            "INSERT INTO mail_outbox (purpose, email, user_id, due_at, expires_at) "
            "VALUES ($1, $2, nullif($3::bigint, 0), " MOMENT(4) ", " MOMENT(5) ")",
            std::string(Name(purpose)), email.address(), user_id, pg::ToMicroseconds(now),
            pg::ToMicroseconds(now + LifetimeOf(purpose)));
        return {};
      },
      {.deadline = call.deadline});
}

Result<std::optional<WaitingMail>> PgMails::Take(Time now, Time until, const CallContext& call) {
  using Taken = std::optional<WaitingMail>;
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<Taken> {
        const auto rows = tx.exec_params(
            "UPDATE mail_outbox SET attempts = attempts + 1, due_at = " MOMENT(
                2) " WHERE mail_id = (SELECT mail_id FROM mail_outbox WHERE due_at <= " MOMENT(
                       1) " ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED) "
                          "RETURNING mail_id, purpose, email, coalesce(user_id, 0), attempts, "
                          "(extract(epoch FROM expires_at) * 1000000)::bigint",
            pg::ToMicroseconds(now), pg::ToMicroseconds(until));
        if (rows.empty()) return Taken();
        const auto row = rows[0];
        const auto purpose = ParseLinkPurpose(row[1].as<std::string>());
        ASSIGN_OR_RETURN(Email email, Email::Make(row[2].as<std::string>()));
        return Taken({.mail_id = row[0].as<std::int64_t>(),
                      .purpose = purpose.value_or(LinkPurpose::kVerifyEmail),
                      .email = std::move(email),
                      .user_id = row[3].as<std::int64_t>(),
                      .attempts = row[4].as<int>(),
                      .expires_at = pg::FromMicroseconds(row[5].as<std::int64_t>())});
      },
      {.deadline = call.deadline});
}

Status PgMails::Postpone(std::int64_t mail_id, Time due_at, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params("UPDATE mail_outbox SET due_at = " MOMENT(2) " WHERE mail_id = $1", mail_id,
                       pg::ToMicroseconds(due_at));
        return {};
      },
      {.deadline = call.deadline});
}

Status PgMails::Remove(std::int64_t mail_id, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params("DELETE FROM mail_outbox WHERE mail_id = $1", mail_id);
        return {};
      },
      {.deadline = call.deadline});
}

Status PgMails::Issue(const MailLink& link, const std::string& token_hash, Time now,
                      const CallContext& call) {
  auto issued = pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params("DELETE FROM mail_links WHERE expires_at <= " MOMENT(1),
                       pg::ToMicroseconds(now));
        tx.exec_params(
            "INSERT INTO mail_links (token_hash, user_id, purpose, email, expires_at) "
            "VALUES (decode($1, 'hex'), $2, $3, $4, " MOMENT(
                5) ") ON CONFLICT (user_id, purpose) DO UPDATE SET "
                   "token_hash = excluded.token_hash, email = excluded.email, "
                   "expires_at = excluded.expires_at",
            ToHex(token_hash), link.user_id, std::string(Name(link.purpose)), link.email.address(),
            pg::ToMicroseconds(link.expires_at));
        return {};
      },
      {.deadline = call.deadline});
  if (!issued.ok() && pg::IsViolationOf(issued.error(), "mail_links_of_account"))
    return AccountUnknown();
  return issued;
}

Result<MailLink> PgMails::FindLink(LinkPurpose purpose, const std::string& token_hash, Time now,
                                   const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<MailLink> {
        const auto rows = tx.exec_params(
            "SELECT user_id, email, (extract(epoch FROM expires_at) * 1000000)::bigint "
            "FROM mail_links WHERE token_hash = decode($1, 'hex') AND purpose = $2 "
            "AND expires_at > " MOMENT(3),
            ToHex(token_hash), std::string(Name(purpose)), pg::ToMicroseconds(now));
        if (rows.empty()) return LinkInvalid();
        ASSIGN_OR_RETURN(Email email, Email::Make(rows[0][1].as<std::string>()));
        return MailLink{.user_id = rows[0][0].as<std::int64_t>(),
                        .purpose = purpose,
                        .email = std::move(email),
                        .expires_at = pg::FromMicroseconds(rows[0][2].as<std::int64_t>())};
      },
      {.deadline = call.deadline});
}

Status PgMails::ResetPassword(const std::string& token_hash, const std::string& password_hash,
                              const std::string& network, Time now, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        ASSIGN_OR_RETURN(const MailLink link,
                         Use(tx, LinkPurpose::kResetPassword, token_hash, now));
        // A link that went to an address of before proves nothing of today's.
        tx.exec_params(
            "UPDATE accounts SET password_hash = $2, email_verified = email_verified "
            "OR lower(email COLLATE \"C\") = $3, proved_network = coalesce(nullif($4, ''), "
            "proved_network) WHERE user_id = $1",
            link.user_id, password_hash, link.email.key(), network);
        tx.exec_params(
            "UPDATE sessions SET ended_at = " MOMENT(2) " WHERE user_id = $1 AND ended_at IS NULL",
            link.user_id, pg::ToMicroseconds(now));
        return {};
      },
      {.deadline = call.deadline});
}

Status PgMails::VerifyEmail(const std::string& token_hash, Time now, const CallContext& call) {
  auto verified = pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        ASSIGN_OR_RETURN(const MailLink link, Use(tx, LinkPurpose::kVerifyEmail, token_hash, now));
        tx.exec_params("UPDATE accounts SET email = $2, email_verified = true WHERE user_id = $1",
                       link.user_id, link.email.address());
        // Those for a password that went to another address.
        tx.exec_params(
            "DELETE FROM mail_links WHERE user_id = $1 AND lower(email COLLATE \"C\") <> $2",
            link.user_id, link.email.key());
        return {};
      },
      {.deadline = call.deadline});
  if (!verified.ok() && pg::IsViolationOf(verified.error(), "accounts_by_email"))
    return EmailTaken();
  return verified;
}

}  // namespace marquee::auth
