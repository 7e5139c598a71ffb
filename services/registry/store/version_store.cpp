#include "registry/store/version_store.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <pqxx/pqxx>
#include <string>

#include "artefact/metrics_json.h"
#include "pg/array.h"
#include "pg/time.h"

namespace marquee::registry {
namespace {

// What ToVersion reads, in its order.
constexpr char kColumns[] =
    "v.model, v.version, v.run_id, coalesce(v.artefact_id, ''), v.sha256, v.size_bytes, "
    "coalesce(v.evaluation_id, ''), coalesce(v.evaluation_sha256, ''), "
    "coalesce(v.evaluation_bytes, 0), v.metrics, v.card, "
    "(extract(epoch FROM v.created_at) * 1000000)::bigint, "
    "ARRAY(SELECT a.alias FROM model_aliases a WHERE a.model = v.model AND a.version = v.version "
    "ORDER BY a.alias)";

Result<ModelVersion> ToVersion(const pqxx::row& row) {
  ModelVersion version;
  version.model = row[0].as<std::string>();
  version.version = row[1].as<std::int64_t>();
  version.run_id = row[2].as<std::int64_t>();
  version.served = {row[3].as<std::string>(), row[4].as<std::string>(), row[5].as<std::int64_t>()};
  version.evaluation = {row[6].as<std::string>(), row[7].as<std::string>(),
                        row[8].as<std::int64_t>()};
  ASSIGN_OR_RETURN(version.metrics, artefact::ParseMetrics(row[9].as<std::string>()));
  version.card = row[10].as<std::string>();
  version.created_at = pg::FromMicroseconds(row[11].as<std::int64_t>());
  ASSIGN_OR_RETURN(version.aliases, pg::ParseTextArray(row[12].as<std::string>()));
  return version;
}

Result<std::vector<ModelVersion>> ToVersions(const pqxx::result& rows) {
  std::vector<ModelVersion> versions;
  for (const auto& row : rows) {
    ASSIGN_OR_RETURN(auto version, ToVersion(row));
    versions.push_back(std::move(version));
  }
  return versions;
}

constexpr std::chrono::milliseconds kStatementTime{5'000};
constexpr std::int64_t kAnnouncerLock = 0x6d61727175656531;  // "marquee1"

Error UnknownVersion(const std::string& model, std::int64_t version) {
  return Error::NotFound("model_version_unknown",
                         "The model " + model + " has no version " + std::to_string(version) + ".");
}

// Moves the alias and queues the announcement.
void Move(pg::Transaction& tx, const std::string& model, const std::string& alias,
          std::int64_t version, std::int64_t moved_by) {
  tx.exec_params(
      "INSERT INTO model_aliases (model, alias, version, moved_by) VALUES ($1, $2, $3, $4) "
      "ON CONFLICT (model, alias) DO UPDATE SET version = excluded.version, "
      "  moved_by = excluded.moved_by, moved_at = now()",
      model, alias, version, moved_by);
  tx.exec_params("INSERT INTO promotions (model, alias, version, moved_by) VALUES ($1, $2, $3, $4)",
                 model, alias, version, moved_by);
}

// The alias's version, 0 for none; holds it there until the transaction ends.
std::int64_t LockedAlias(pg::Transaction& tx, const std::string& model, const std::string& alias) {
  const auto rows = tx.exec_params(
      "SELECT version FROM model_aliases WHERE model = $1 AND alias = $2 FOR UPDATE", model, alias);
  return rows.empty() ? 0 : rows[0][0].as<std::int64_t>();
}

// One registration of a model at a time, until the transaction ends: for the numbering, and so
// that the same artefact doesn't come in twice.
void LockModel(pg::Transaction& tx, const std::string& model) {
  tx.exec_params("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", "model " + model);
}

Result<std::optional<ModelVersion>> Find(pg::Transaction& tx, const std::string& model,
                                         std::int64_t version) {
  const auto rows = tx.exec_params("SELECT " + std::string(kColumns) +
                                       " FROM model_versions v "
                                       "WHERE v.model = $1 AND v.version = $2",
                                   model, version);
  if (rows.empty()) return std::optional<ModelVersion>{};
  ASSIGN_OR_RETURN(auto found, ToVersion(rows[0]));
  return std::optional(std::move(found));
}

Result<ModelVersion> MustFind(pg::Transaction& tx, const std::string& model, std::int64_t version) {
  ASSIGN_OR_RETURN(auto found, Find(tx, model, version));
  if (!found) return UnknownVersion(model, version);
  return *std::move(found);
}

Result<ModelVersion> Only(const pqxx::result& rows, const Error& otherwise) {
  if (rows.empty()) return otherwise;
  return ToVersion(rows[0]);
}

}  // namespace

Result<VersionStore::Added> PgVersionStore::Add(const NewVersion& fresh, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<Added> {
        LockModel(tx, fresh.model);
        const auto same = tx.exec_params(
            "SELECT version FROM model_versions WHERE model = $1 AND sha256 = $2 "
            "ORDER BY version DESC LIMIT 1",
            fresh.model, fresh.served.sha256);
        if (!same.empty()) {
          ASSIGN_OR_RETURN(auto version, MustFind(tx, fresh.model, same[0][0].as<std::int64_t>()));
          return Added{std::move(version), false};
        }
        const auto rows = tx.exec_params(
            "INSERT INTO model_versions (model, version, run_id, artefact_id, sha256, size_bytes, "
            "  evaluation_id, evaluation_sha256, evaluation_bytes, metrics, card, registered_by) "
            "SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, nullif($6, ''), "
            "  nullif($7, ''), nullif($8::bigint, 0), $9::jsonb, $10, $11 "
            "FROM model_versions WHERE model = $1 RETURNING version",
            fresh.model, fresh.run_id, fresh.served.id, fresh.served.sha256, fresh.served.bytes,
            fresh.evaluation.id, fresh.evaluation.sha256, fresh.evaluation.bytes,
            artefact::MetricsJson(fresh.metrics), fresh.card, call.caller.user_id);
        const auto version = rows[0][0].as<std::int64_t>();
        Move(tx, fresh.model, kCandidate, version, call.caller.user_id);
        if (fresh.promote) {
          // Somebody may have moved the champion since the gate compared with it.
          const auto champion = LockedAlias(tx, fresh.model, kChampion);
          if (!fresh.champion_compared || *fresh.champion_compared == champion)
            Move(tx, fresh.model, kChampion, version, call.caller.user_id);
        }
        ASSIGN_OR_RETURN(auto added, MustFind(tx, fresh.model, version));
        return Added{std::move(added), true};
      },
      pg::Within(kStatementTime, call.deadline));
}

Result<ModelVersion> PgVersionStore::TakeOver(const ModelVersion& before, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<ModelVersion> {
        LockModel(tx, before.model);
        ASSIGN_OR_RETURN(const auto there, Find(tx, before.model, before.version));
        if (there && there->served.sha256 != before.served.sha256)
          return Error::AlreadyExists("model_version_taken", "Version " +
                                                                 std::to_string(before.version) +
                                                                 " of the model " + before.model +
                                                                 " is another artefact here.");
        if (there) {
          tx.exec_params(
              "UPDATE model_versions SET artefact_id = coalesce(artefact_id, nullif($3, '')) "
              "WHERE model = $1 AND version = $2",
              before.model, before.version, before.served.id);
          tx.exec_params(
              "UPDATE model_versions SET evaluation_id = nullif($3, ''), "
              "  evaluation_sha256 = nullif($4, ''), evaluation_bytes = nullif($5::bigint, 0) "
              "WHERE model = $1 AND version = $2 AND evaluation_id IS NULL",
              before.model, before.version, before.evaluation.id, before.evaluation.sha256,
              before.evaluation.bytes);
          return MustFind(tx, before.model, before.version);
        }
        tx.exec_params(
            "INSERT INTO model_versions (model, version, run_id, artefact_id, sha256, size_bytes, "
            "  evaluation_id, evaluation_sha256, evaluation_bytes, metrics, card, registered_by, "
            "  created_at) "
            "VALUES ($1, $2, $3, nullif($4, ''), $5, $6, nullif($7, ''), nullif($8, ''), "
            "  nullif($9::bigint, 0), $10::jsonb, $11, 0, "
            "  timestamptz 'epoch' + $12 * interval '1 microsecond')",
            before.model, before.version, before.run_id, before.served.id, before.served.sha256,
            before.served.bytes, before.evaluation.id, before.evaluation.sha256,
            before.evaluation.bytes, artefact::MetricsJson(before.metrics), before.card,
            pg::ToMicroseconds(before.created_at));
        for (const auto& alias : before.aliases) {
          if (LockedAlias(tx, before.model, alias) == 0)
            Move(tx, before.model, alias, before.version, 0);
        }
        return MustFind(tx, before.model, before.version);
      },
      pg::Within(kStatementTime, call.deadline));
}

Result<std::vector<ModelVersion>> PgVersionStore::ListVersions(const std::string& model,
                                                               std::int64_t before, int limit,
                                                               const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<std::vector<ModelVersion>> {
        const auto rows = tx.exec_params(
            "SELECT " + std::string(kColumns) +
                " FROM model_versions v WHERE v.model = $1 AND ($2::bigint = 0 OR v.version < $2) "
                "ORDER BY v.version DESC LIMIT $3",
            model, before, limit);
        return ToVersions(rows);
      },
      pg::Within(kStatementTime, call.deadline));
}

Result<std::vector<ModelVersion>> PgVersionStore::OfRuns(const std::vector<std::int64_t>& run_ids,
                                                         const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) {
        return ToVersions(tx.exec_params("SELECT " + std::string(kColumns) +
                                             " FROM model_versions v "
                                             "WHERE v.run_id = ANY ($1::bigint[]) "
                                             "ORDER BY v.run_id, v.model, v.version",
                                         pg::Array(run_ids)));
      },
      pg::Within(kStatementTime, call.deadline));
}

Result<ModelVersion> PgVersionStore::GetVersion(const std::string& model, std::int64_t version,
                                                const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) {
        return Only(
            tx.exec_params("SELECT " + std::string(kColumns) +
                               " FROM model_versions v WHERE v.model = $1 AND v.version = $2",
                           model, version),
            UnknownVersion(model, version));
      },
      pg::Within(kStatementTime, call.deadline));
}

Result<ModelVersion> PgVersionStore::GetAlias(const std::string& model, const std::string& alias,
                                              const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) {
        return Only(tx.exec_params("SELECT " + std::string(kColumns) +
                                       " FROM model_versions v JOIN model_aliases n "
                                       "  ON n.model = v.model AND n.version = v.version "
                                       "WHERE n.model = $1 AND n.alias = $2",
                                   model, alias),
                    Error::NotFound("alias_unset", "No version of the model " + model + " is its " +
                                                       alias + " yet: train one first."));
      },
      pg::Within(kStatementTime, call.deadline));
}

Result<ModelVersion> PgVersionStore::SetAlias(const std::string& model, const std::string& alias,
                                              std::int64_t version, const CallContext& call) {
  RETURN_IF_ERROR(pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        const auto found = tx.exec_params(
            "SELECT FROM model_versions WHERE model = $1 AND version = $2", model, version);
        if (found.empty()) return UnknownVersion(model, version);
        Move(tx, model, alias, version, call.caller.user_id);
        return {};
      },
      pg::Within(kStatementTime, call.deadline)));
  return GetVersion(model, version, call);
}

Result<int> PgVersionStore::AnnouncePending(
    const CallContext& call, const std::function<Status(const Promotion&)>& announce) {
  Status stopped;
  auto announced = pool_.Run(
      [&](pg::Transaction& tx) -> Result<int> {
        // One replica at a time, so that the latest promotion is the last that Kafka gets.
        const auto mine = tx.exec_params("SELECT pg_try_advisory_xact_lock($1)", kAnnouncerLock);
        if (!mine[0][0].as<bool>()) return 0;
        const auto rows = tx.exec(
            "SELECT p.promotion_id, p.model, p.alias, p.version, v.sha256, "
            "  (extract(epoch FROM p.promoted_at) * 1000000)::bigint "
            "FROM promotions p JOIN model_versions v USING (model, version) "
            "WHERE p.announced_at IS NULL ORDER BY p.promotion_id LIMIT 100");
        int count = 0;
        for (const auto& row : rows) {
          const Promotion promotion{.promotion_id = row[0].as<std::int64_t>(),
                                    .model = row[1].as<std::string>(),
                                    .alias = row[2].as<std::string>(),
                                    .version = row[3].as<std::int64_t>(),
                                    .sha256 = row[4].as<std::string>(),
                                    .promoted_at = pg::FromMicroseconds(row[5].as<std::int64_t>())};
          stopped = announce(promotion);
          if (!stopped.ok()) break;  // what Kafka has until here is marked all the same
          tx.exec_params("UPDATE promotions SET announced_at = now() WHERE promotion_id = $1",
                         promotion.promotion_id);
          ++count;
        }
        return count;
      },
      {.deadline = call.deadline});
  if (announced.ok() && !stopped.ok()) return stopped.error();
  return announced;
}

Result<std::int64_t> PgVersionStore::PendingAnnouncements(const CallContext& call) {
  return pool_.Read(
      [](pg::Transaction& tx) -> Result<std::int64_t> {
        return tx.exec("SELECT count(*) FROM promotions WHERE announced_at IS NULL")[0][0]
            .as<std::int64_t>();
      },
      pg::Within(kStatementTime, call.deadline));
}

Result<std::vector<std::string>> PgVersionStore::Artefacts(const CallContext& call) {
  return pool_.Read(
      [](pg::Transaction& tx) -> Result<std::vector<std::string>> {
        std::vector<std::string> ids;
        for (const auto& row :
             tx.exec("SELECT artefact_id FROM model_versions WHERE artefact_id IS NOT NULL "
                     "UNION ALL "
                     "SELECT evaluation_id FROM model_versions WHERE evaluation_id IS NOT NULL"))
          ids.push_back(row[0].as<std::string>());
        return ids;
      },
      pg::Within(kStatementTime, call.deadline));
}

}  // namespace marquee::registry
