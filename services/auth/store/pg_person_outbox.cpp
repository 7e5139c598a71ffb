#include "auth/store/pg_person_outbox.h"

#include <pqxx/pqxx>

#include "pg/array.h"
#include "pg/pool.h"
#include "pg/time.h"

namespace marquee::auth {

namespace {

#define CHANGED_AT "(extract(epoch FROM changed_at) * 1000000)::bigint"

struct Batch {
  std::vector<std::int64_t> ids;
  std::vector<people::PersonChange> changes;
};

// Rows of: change_id, user_id, changed_at, deleted, roles, disabled, session_id.
Result<Batch> Read(const pqxx::result& rows) {
  Batch batch;
  for (const auto& row : rows) {
    batch.ids.push_back(row[0].as<std::int64_t>());
    auto& change = batch.changes.emplace_back();
    change.user_id = row[1].as<std::int64_t>();
    change.changed_at = pg::FromMicroseconds(row[2].as<std::int64_t>());
    change.deleted = row[3].as<bool>();
    ASSIGN_OR_RETURN(change.roles, pg::ParseTextArray(row[4].c_str()));
    change.disabled = row[5].as<bool>();
    change.ended_session = row[6].as<std::string>();
  }
  return batch;
}

}  // namespace

Result<int> PgPersonOutbox::Drain(int limit, const Publish& publish, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<int> {
        ASSIGN_OR_RETURN(Batch people,
                         Read(tx.exec_params("SELECT change_id, user_id, " CHANGED_AT
                                             ", deleted, roles, false, '' FROM person_outbox "
                                             "ORDER BY change_id LIMIT $1 FOR UPDATE SKIP LOCKED",
                                             limit)));
        ASSIGN_OR_RETURN(const Batch states,
                         Read(tx.exec_params("SELECT change_id, user_id, " CHANGED_AT
                                             ", false, roles, disabled, coalesce(session_id, '') "
                                             "FROM account_state_outbox "
                                             "ORDER BY change_id LIMIT $1 FOR UPDATE SKIP LOCKED",
                                             limit - static_cast<int>(people.ids.size()))));
        auto& changes = people.changes;
        changes.insert(changes.end(), states.changes.begin(), states.changes.end());
        if (changes.empty()) return 0;
        RETURN_IF_ERROR(publish(changes));
        tx.exec_params("DELETE FROM person_outbox WHERE change_id = ANY($1::bigint[])",
                       pg::Array(people.ids));
        tx.exec_params("DELETE FROM account_state_outbox WHERE change_id = ANY($1::bigint[])",
                       pg::Array(states.ids));
        return static_cast<int>(changes.size());
      },
      {.deadline = call.deadline});
}

}  // namespace marquee::auth
