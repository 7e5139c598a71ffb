#include "auth/store/pg_erasures.h"

#include <map>
#include <pqxx/pqxx>

#include "auth/store/erasure_rows.h"
#include "auth/store/errors.h"
#include "auth/store/rows.h"
#include "pg/array.h"
#include "pg/time.h"

namespace marquee::auth {
namespace {

Time ReadTime(const pqxx::field& field) { return pg::FromMicroseconds(field.as<std::int64_t>()); }

void AddConfirmations(pg::Transaction& tx, std::vector<Erasure>& erasures) {
  std::vector<std::int64_t> users;
  std::map<std::int64_t, Erasure*> by_user;
  for (auto& erasure : erasures) {
    users.push_back(erasure.user_id);
    by_user[erasure.user_id] = &erasure;
  }
  for (const auto& row : tx.exec_params(
           "SELECT user_id, service, (extract(epoch FROM confirmed_at) * 1000000)::bigint"
           " FROM erasure_receipts WHERE user_id = ANY($1::bigint[]) ORDER BY user_id, service",
           pg::Array(users))) {
    by_user.at(row[0].as<std::int64_t>())
        ->confirmations.push_back({row[1].as<std::string>(), ReadTime(row[2])});
  }
}

}  // namespace

Erasure ReadErasure(const pqxx::row& row) {
  Erasure erasure{.erasure_id = row[0].as<std::string>(),
                  .user_id = row[1].as<std::int64_t>(),
                  .requested_at = ReadTime(row[2]),
                  .requested_by = row[3].as<std::int64_t>()};
  if (!row[4].is_null()) erasure.completed_at = ReadTime(row[4]);
  return erasure;
}

Result<Erasure> PgErasures::Find(const std::string& erasure_id, const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<Erasure> {
        const auto rows =
            tx.exec_params("SELECT " ERASURE " FROM erasures WHERE erasure_id = $1", erasure_id);
        if (rows.empty()) return ErasureUnknown();
        std::vector<Erasure> found{ReadErasure(rows[0])};
        AddConfirmations(tx, found);
        return found.front();
      },
      {.deadline = call.deadline});
}

Result<std::vector<Erasure>> PgErasures::List(const std::optional<ErasureKey>& before, bool pending,
                                              int limit, const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<std::vector<Erasure>> {
        std::vector<Erasure> page;
        for (const auto& row : tx.exec_params(
                 "SELECT " ERASURE
                 " FROM erasures WHERE ($1::bigint IS NULL OR (requested_at, user_id)"
                 " < (" MARQUEE_AUTH_MOMENT(1) ", $2::bigint))"
                                               " AND (NOT $3::boolean OR completed_at IS NULL)"
                                               " ORDER BY requested_at DESC, user_id DESC LIMIT $4",
                 before ? std::optional(pg::ToMicroseconds(before->requested_at)) : std::nullopt,
                 before ? before->user_id : 0, pending, limit)) {
          page.push_back(ReadErasure(row));
        }
        AddConfirmations(tx, page);
        return page;
      },
      {.deadline = call.deadline});
}

Result<std::int64_t> PgErasures::Repeat(const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<std::int64_t> {
        tx.exec("DELETE FROM erasure_receipts");
        return static_cast<std::int64_t>(
            tx.exec("UPDATE erasures SET published_at = NULL, completed_at = NULL")
                .affected_rows());
      },
      {.deadline = call.deadline});
}

Result<int> PgErasureOutbox::Drain(int limit, Time again_before, const Publish& publish,
                                   const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<int> {
        std::vector<erasures::Erasure> batch;
        std::vector<std::int64_t> users;
        for (const auto& row :
             tx.exec_params("SELECT user_id, erasure_id,"
                            " (extract(epoch FROM requested_at) * 1000000)::bigint FROM erasures"
                            " WHERE completed_at IS NULL"
                            " AND (published_at IS NULL OR published_at < " MARQUEE_AUTH_MOMENT(
                                2) ")"
                                   " ORDER BY requested_at LIMIT $1 FOR UPDATE SKIP LOCKED",
                            limit, pg::ToMicroseconds(again_before))) {
          users.push_back(row[0].as<std::int64_t>());
          batch.push_back({users.back(), row[1].as<std::string>(), ReadTime(row[2])});
        }
        if (batch.empty()) return 0;
        RETURN_IF_ERROR(publish(batch));
        tx.exec_params("UPDATE erasures SET published_at = now() WHERE user_id = ANY($1::bigint[])",
                       pg::Array(users));
        return static_cast<int>(batch.size());
      },
      {.deadline = call.deadline});
}

Result<PendingErasures> PgErasureOutbox::Settle(const std::vector<std::string>& services,
                                                const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<PendingErasures> {
        const std::string wanted = pg::Array(services);
        tx.exec_params(
            "UPDATE erasures AS e SET completed_at = now() WHERE e.completed_at IS NULL"
            " AND e.published_at IS NOT NULL AND NOT EXISTS ("
            "SELECT FROM unnest($1::text[]) AS s(service) WHERE NOT EXISTS ("
            "SELECT FROM erasure_receipts AS r"
            " WHERE r.user_id = e.user_id AND r.service = s.service))",
            wanted);
        PendingErasures pending;
        const auto all = tx.exec(
            "SELECT count(*), (extract(epoch FROM min(requested_at)) * 1000000)::bigint"
            " FROM erasures WHERE completed_at IS NULL");
        pending.count = all[0][0].as<std::int64_t>();
        if (pending.count == 0) return pending;
        pending.oldest = ReadTime(all[0][1]);
        for (const auto& row : tx.exec_params(
                 "SELECT s.service, count(*) FROM erasures AS e, unnest($1::text[]) AS s(service)"
                 " WHERE e.completed_at IS NULL AND NOT EXISTS (SELECT FROM erasure_receipts AS r"
                 " WHERE r.user_id = e.user_id AND r.service = s.service) GROUP BY s.service",
                 wanted)) {
          pending.of_service[row[0].as<std::string>()] = row[1].as<std::int64_t>();
        }
        return pending;
      },
      {.deadline = call.deadline});
}

Status ErasePerson(pg::Transaction& tx, const erasures::Erasure& person) {
  tx.exec_params(
      "INSERT INTO erasures (user_id, erasure_id, requested_at, published_at)"
      " VALUES ($1, $2, " MARQUEE_AUTH_MOMENT(3) ", now()) ON CONFLICT (user_id) DO NOTHING",
      person.user_id, person.erasure_id, pg::ToMicroseconds(person.requested_at));
  tx.exec_params("DELETE FROM accounts WHERE user_id = $1", person.user_id);
  // In a database that was restored the number may be yet to be given out: never again.
  tx.exec_params(
      "SELECT setval('accounts_user_id_seq', $1) FROM accounts_user_id_seq"
      " WHERE last_value < $1::bigint OR (NOT is_called AND last_value = $1::bigint)",
      person.user_id);
  return {};
}

Status TakeReceipts(pg::Transaction& tx, std::span<const erasures::Receipt> receipts) {
  std::vector<std::int64_t> users;
  std::vector<std::string> services;
  std::vector<std::int64_t> times;
  for (const auto& receipt : receipts) {
    users.push_back(receipt.user_id);
    services.push_back(receipt.service);
    times.push_back(pg::ToMicroseconds(receipt.confirmed_at));
  }
  tx.exec_params(
      "INSERT INTO erasure_receipts (user_id, service, confirmed_at)"
      " SELECT u, s, timestamptz 'epoch' + t * interval '1 microsecond'"
      " FROM unnest($1::bigint[], $2::text[], $3::bigint[]) AS x(u, s, t)"
      " ON CONFLICT DO NOTHING",
      pg::Array(users), pg::Array(services), pg::Array(times));
  return {};
}

}  // namespace marquee::auth
