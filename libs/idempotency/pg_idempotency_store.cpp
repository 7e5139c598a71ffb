#include "idempotency/pg_idempotency_store.h"

#include <pqxx/pqxx>

#include "logging/log.h"
#include "pg/time.h"

namespace marquee::idempotency {
namespace {

#define MARQUEE_KEPT "interval '24 hours'"

constexpr int kForgetAtOnce = 5'000;
constexpr std::chrono::minutes kForgetEvery{10};
constexpr std::chrono::seconds kForgetTimeout{10};

// A key that nobody has, that is over, or whose request was begun and never ended is taken.
constexpr char kClaim[] =
    "INSERT INTO idempotency_keys AS k (id, fingerprint, claimed_until, first_used)"
    " VALUES ($1, $2, now() + $3 * interval '1 millisecond', now())"
    " ON CONFLICT (id) DO UPDATE SET fingerprint = excluded.fingerprint, answer = NULL,"
    " claimed_until = excluded.claimed_until,"
    " first_used = CASE WHEN k.first_used < now() - " MARQUEE_KEPT
    " THEN now() ELSE k.first_used END"
    " WHERE k.first_used < now() - " MARQUEE_KEPT
    " OR (k.fingerprint = excluded.fingerprint AND k.answer IS NULL AND k.claimed_until <= now())"
    " RETURNING (extract(epoch FROM first_used) * 1000000)::bigint";

pqxx::binarystring Bytes(std::string_view text) {
  return pqxx::binarystring(text.data(), text.size());
}

rpc::KeyClaim Judge(const rpc::KeyedCall& call, const pqxx::row& row) {
  using State = rpc::KeyClaim::State;
  if (pqxx::binarystring(row[0]).str() != call.fingerprint) return {State::kOtherRequest};
  if (row[1].is_null()) return {State::kInProgress};
  return {State::kAnswered, pqxx::binarystring(row[1]).str()};
}

}  // namespace

PgIdempotencyStore::PgIdempotencyStore(pg::Pool& pool)
    : pool_(pool),
      forgetting_(kForgetEvery,
                  [this](std::stop_token) -> std::optional<std::chrono::milliseconds> {
                    const auto forgotten =
                        Forget(kForgetAtOnce, CallContext(SystemClock().Now() + kForgetTimeout));
                    if (forgotten.ok() && *forgotten == kForgetAtOnce)
                      return std::chrono::milliseconds{100};  // there are more
                    return std::nullopt;
                  }) {}

Result<rpc::KeyClaim> PgIdempotencyStore::Claim(const rpc::KeyedCall& call,
                                                std::chrono::milliseconds lease,
                                                const CallContext& context) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<rpc::KeyClaim> {
        const auto taken = tx.exec_params(kClaim, Bytes(call.id), Bytes(call.fingerprint),
                                          static_cast<std::int64_t>(lease.count()));
        if (!taken.empty()) {
          return rpc::KeyClaim{rpc::KeyClaim::State::kOurs,
                               {},
                               pg::FromMicroseconds(taken[0][0].as<std::int64_t>())};
        }
        const auto rows = tx.exec_params(
            "SELECT fingerprint, answer FROM idempotency_keys WHERE id = $1", Bytes(call.id));
        // Given back between the two statements.
        if (rows.empty()) return rpc::KeyClaim{rpc::KeyClaim::State::kInProgress};
        return Judge(call, rows[0]);
      },
      {.deadline = context.deadline});
}

Result<std::optional<std::string>> PgIdempotencyStore::FindAnswer(const rpc::KeyedCall& call,
                                                                  const CallContext& context) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<std::optional<std::string>> {
        const auto rows = tx.exec_params(
            "SELECT answer FROM idempotency_keys WHERE id = $1"
            " AND fingerprint = $2 AND answer IS NOT NULL"
            " AND first_used >= now() - " MARQUEE_KEPT,
            Bytes(call.id), Bytes(call.fingerprint));
        if (rows.empty()) return std::optional<std::string>();
        return std::optional(pqxx::binarystring(rows[0][0]).str());
      },
      {.deadline = context.deadline});
}

Status PgIdempotencyStore::Keep(const rpc::KeyedCall& call, std::string_view sealed_answer,
                                const CallContext& context) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params(
            "UPDATE idempotency_keys SET answer = $3, claimed_until = now()"
            " WHERE id = $1 AND fingerprint = $2 AND answer IS NULL",
            Bytes(call.id), Bytes(call.fingerprint), Bytes(sealed_answer));
        return {};
      },
      {.deadline = context.deadline});
}

Status PgIdempotencyStore::Release(const rpc::KeyedCall& call, bool undone,
                                   const CallContext& context) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params(undone ? "DELETE FROM idempotency_keys WHERE id = $1"
                                " AND fingerprint = $2 AND answer IS NULL"
                              : "UPDATE idempotency_keys SET claimed_until = now()"
                                " WHERE id = $1"
                                " AND fingerprint = $2 AND answer IS NULL",
                       Bytes(call.id), Bytes(call.fingerprint));
        return {};
      },
      {.deadline = context.deadline});
}

Result<std::int64_t> PgIdempotencyStore::Forget(int limit, const CallContext& context) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<std::int64_t> {
        return static_cast<std::int64_t>(
            tx.exec_params("DELETE FROM idempotency_keys WHERE id IN (SELECT id FROM"
                           " idempotency_keys WHERE first_used < now() - " MARQUEE_KEPT
                           " ORDER BY first_used LIMIT $1 FOR UPDATE SKIP LOCKED)",
                           limit)
                .affected_rows());
      },
      {.deadline = context.deadline});
}

}  // namespace marquee::idempotency
