#include "trainer/store/model_registry.h"

#include <pqxx/pqxx>
#include <string>

#include "trainer/store/rows.h"

namespace marquee::trainer {
namespace {

constexpr std::chrono::milliseconds kStatementTime{5'000};
// Kafka is waited for within the transaction that marks what it has.
constexpr std::chrono::milliseconds kAnnounceTime{60'000};
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

void Register(pg::Transaction& tx, std::int64_t run_id, const NewVersion& fresh) {
  // Only one run ends at a time: its row, updated before this, is the lock for the numbering.
  const auto rows = tx.exec_params(
      "INSERT INTO model_versions (model, version, run_id, file, evaluation_file, sha256, "
      "  size_bytes, metrics, card) "
      "SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6, $7::jsonb, $8 "
      "FROM model_versions WHERE model = $1 RETURNING version",
      fresh.model, run_id, fresh.file, fresh.evaluation_file, fresh.sha256, fresh.size_bytes,
      MetricsJson(fresh.metrics), fresh.card);
  const auto version = rows[0][0].as<std::int64_t>();
  Move(tx, fresh.model, kCandidate, version, 0);
  if (!fresh.promote) return;
  // Somebody may have moved the champion since the gate compared with it.
  const auto champion = LockedAlias(tx, fresh.model, kChampion);
  if (!fresh.champion_compared || *fresh.champion_compared == champion)
    Move(tx, fresh.model, kChampion, version, 0);
}

Result<ModelVersion> Only(const pqxx::result& rows, const Error& otherwise) {
  if (rows.empty()) return otherwise;
  return ToVersion(rows[0]);
}

}  // namespace

Status PgModelRegistry::Complete(std::int64_t run_id, const Owner& owner, const RunOutcome& outcome,
                                 const std::vector<NewVersion>& versions) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        RETURN_IF_ERROR(EndRun(tx, run_id, owner, RunState::kSucceeded, "", outcome));
        for (const auto& version : versions) Register(tx, run_id, version);
        return {};
      },
      Within(kStatementTime));
}

Result<std::vector<ModelVersion>> PgModelRegistry::ListVersions(const std::string& model,
                                                                std::int64_t before, int limit) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<std::vector<ModelVersion>> {
        const auto rows = tx.exec_params(
            "SELECT " + std::string(kVersionColumns) +
                " FROM model_versions v WHERE v.model = $1 AND ($2::bigint = 0 OR v.version < $2) "
                "ORDER BY v.version DESC LIMIT $3",
            model, before, limit);
        std::vector<ModelVersion> versions;
        for (const auto& row : rows) {
          ASSIGN_OR_RETURN(auto version, ToVersion(row));
          versions.push_back(std::move(version));
        }
        return versions;
      },
      Within(kStatementTime));
}

Result<ModelVersion> PgModelRegistry::GetVersion(const std::string& model, std::int64_t version) {
  return pool_.Read(
      [&](pg::Transaction& tx) {
        return Only(
            tx.exec_params("SELECT " + std::string(kVersionColumns) +
                               " FROM model_versions v WHERE v.model = $1 AND v.version = $2",
                           model, version),
            UnknownVersion(model, version));
      },
      Within(kStatementTime));
}

Result<ModelVersion> PgModelRegistry::GetAlias(const std::string& model, const std::string& alias) {
  return pool_.Read(
      [&](pg::Transaction& tx) {
        return Only(tx.exec_params("SELECT " + std::string(kVersionColumns) +
                                       " FROM model_versions v JOIN model_aliases n "
                                       "  ON n.model = v.model AND n.version = v.version "
                                       "WHERE n.model = $1 AND n.alias = $2",
                                   model, alias),
                    Error::NotFound("alias_unset", "No version of the model " + model + " is its " +
                                                       alias + " yet: train one first."));
      },
      Within(kStatementTime));
}

Result<ModelVersion> PgModelRegistry::SetAlias(const std::string& model, const std::string& alias,
                                               std::int64_t version, std::int64_t moved_by) {
  RETURN_IF_ERROR(pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        const auto found = tx.exec_params(
            "SELECT FROM model_versions WHERE model = $1 AND version = $2", model, version);
        if (found.empty()) return UnknownVersion(model, version);
        Move(tx, model, alias, version, moved_by);
        return {};
      },
      Within(kStatementTime)));
  return GetVersion(model, version);
}

Result<int> PgModelRegistry::AnnouncePending(
    const std::function<Status(const Promotion&)>& announce) {
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
                                    .promoted_at = Time{std::chrono::duration_cast<Time::duration>(
                                        std::chrono::microseconds{row[5].as<std::int64_t>()})}};
          stopped = announce(promotion);
          if (!stopped.ok()) break;  // what Kafka has until here is marked all the same
          tx.exec_params("UPDATE promotions SET announced_at = now() WHERE promotion_id = $1",
                         promotion.promotion_id);
          ++count;
        }
        return count;
      },
      Within(kAnnounceTime));
  if (announced.ok() && !stopped.ok()) return stopped.error();
  return announced;
}

Result<std::int64_t> PgModelRegistry::PendingAnnouncements() {
  return pool_.Read(
      [](pg::Transaction& tx) -> Result<std::int64_t> {
        return tx.exec("SELECT count(*) FROM promotions WHERE announced_at IS NULL")[0][0]
            .as<std::int64_t>();
      },
      Within(kStatementTime));
}

Result<std::vector<std::string>> PgModelRegistry::RegisteredFiles() {
  return pool_.Read(
      [](pg::Transaction& tx) -> Result<std::vector<std::string>> {
        std::vector<std::string> files;
        for (const auto& row : tx.exec("SELECT file FROM model_versions UNION ALL "
                                       "SELECT evaluation_file FROM model_versions"))
          files.push_back(row[0].as<std::string>());
        return files;
      },
      Within(kStatementTime));
}

}  // namespace marquee::trainer
