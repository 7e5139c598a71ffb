#include "auth/store/pg_audit.h"

#include <pqxx/pqxx>

#include "auth/store/rows.h"
#include "pg/pool.h"
#include "pg/time.h"

namespace marquee::auth {

Status PgAudit::Add(const AuditEntry& entry, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params(
            "INSERT INTO audit_entries (at, action, code, reason, actor, api_key_id, "
            "client_id, about_user_id, address, user_agent, trace_id) "
            "VALUES (" MARQUEE_AUTH_MOMENT(1) ", $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            pg::ToMicroseconds(entry.at), entry.action, entry.code, entry.reason, entry.actor,
            entry.api_key_id, entry.client_id, entry.about_user_id, entry.address, entry.user_agent,
            entry.trace_id);
        return {};
      },
      {.deadline = call.deadline});
}

Result<std::vector<AuditEntry>> PgAudit::List(const AuditFilter& filter, std::int64_t before,
                                              int limit, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<std::vector<AuditEntry>> {
        const auto rows = tx.exec_params(
            "SELECT entry_number, (extract(epoch FROM at) * 1000000)::bigint, action, code, "
            "reason, actor, api_key_id, client_id, about_user_id, address, user_agent, trace_id "
            "FROM audit_entries WHERE entry_number < $1 "
            "AND ($2::bigint = 0 OR about_user_id = $2 OR actor = $2::text) "
            "AND ($3 = '' OR action = $3) ORDER BY entry_number DESC LIMIT $4",
            before, filter.user_id, filter.action, limit);
        std::vector<AuditEntry> entries;
        for (const auto& row : rows) {
          entries.push_back({.number = row[0].as<std::int64_t>(),
                             .at = pg::FromMicroseconds(row[1].as<std::int64_t>()),
                             .action = row[2].as<std::string>(),
                             .code = row[3].as<std::string>(),
                             .reason = row[4].as<std::string>(),
                             .actor = row[5].as<std::string>(),
                             .api_key_id = row[6].as<std::string>(),
                             .client_id = row[7].as<std::string>(),
                             .about_user_id = row[8].as<std::int64_t>(),
                             .address = row[9].as<std::string>(),
                             .user_agent = row[10].as<std::string>(),
                             .trace_id = row[11].as<std::string>()});
        }
        return entries;
      },
      {.deadline = call.deadline});
}

Status PgAudit::Forget(Time before, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params(
            "DELETE FROM audit_entries WHERE entry_number IN (SELECT entry_number FROM "
            "audit_entries WHERE at < " MARQUEE_AUTH_MOMENT(1) " ORDER BY entry_number LIMIT 5000)",
            pg::ToMicroseconds(before));
        return {};
      },
      {.deadline = call.deadline});
}

}  // namespace marquee::auth
