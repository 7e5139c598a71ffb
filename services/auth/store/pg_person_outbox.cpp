#include "auth/store/pg_person_outbox.h"

#include <pqxx/pqxx>

#include "pg/array.h"
#include "pg/pool.h"
#include "pg/time.h"

namespace marquee::auth {

Result<int> PgPersonOutbox::Drain(int limit, const Publish& publish, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<int> {
        const auto rows = tx.exec_params(
            "SELECT change_id, user_id, (extract(epoch FROM changed_at) * 1000000)::bigint, "
            "deleted, "
            "roles FROM person_outbox ORDER BY change_id LIMIT $1 "
            "FOR UPDATE SKIP LOCKED",
            limit);
        if (rows.empty()) return 0;
        std::vector<std::int64_t> ids;
        std::vector<people::PersonChange> changes;
        for (const auto& row : rows) {
          ids.push_back(row[0].as<std::int64_t>());
          auto& change = changes.emplace_back();
          change.user_id = row[1].as<std::int64_t>();
          change.changed_at = pg::FromMicroseconds(row[2].as<std::int64_t>());
          change.deleted = row[3].as<bool>();
          ASSIGN_OR_RETURN(change.roles, pg::ParseTextArray(row[4].c_str()));
        }
        RETURN_IF_ERROR(publish(changes));
        tx.exec_params("DELETE FROM person_outbox WHERE change_id = ANY($1::bigint[])",
                       pg::Array(ids));
        return static_cast<int>(ids.size());
      },
      {.deadline = call.deadline});
}

}  // namespace marquee::auth
