#include "trainer/store/run_repository.h"

#include <pqxx/pqxx>
#include <string>

#include "trainer/store/rows.h"

namespace marquee::trainer {
namespace {

constexpr std::chrono::milliseconds kStatementTime{5'000};
constexpr char kOneRunning[] = "training_runs_one_running";
constexpr char kIdempotency[] = "training_runs_idempotency";

const std::string& RunColumns() {
  static const std::string columns(kRunColumns);
  return columns;
}

Error Unknown(std::int64_t run_id) {
  return Error::NotFound("training_run_unknown",
                         "There is no training run " + std::to_string(run_id) + ".");
}

Result<std::optional<TrainingRun>> First(const pqxx::result& rows) {
  if (rows.empty()) return std::optional<TrainingRun>{};
  ASSIGN_OR_RETURN(auto run, ToRun(rows[0]));
  return std::optional(std::move(run));
}

pqxx::result InsertRun(pg::Transaction& tx, const NewRun& run, const Owner& owner,
                       std::int64_t least_pause_ms) {
  const auto& h = run.hyperparameters;
  return tx.exec_params(
      "INSERT INTO training_runs (state, stage, factors, iterations, regularization, alpha, seed, "
      "  force_promotion, started_by, idempotency_key, instance, session) "
      "SELECT 'running', 'export', $1, $2, $3, $4, $5, $6, $7, nullif($8, ''), $9, $10 "
      "WHERE $11::bigint = 0 OR NOT EXISTS (SELECT FROM training_runs "
      "  WHERE started_at > now() - $11 * interval '1 millisecond') "
      "RETURNING " +
          RunColumns(),
      h.factors, h.iterations, h.regularization, h.alpha, h.seed, run.force_promotion,
      run.started_by, run.idempotency_key, owner.instance, owner.session, least_pause_ms);
}

}  // namespace

Result<StartedRun> PgRunRepository::Start(const NewRun& run, const Owner& owner,
                                          const CallContext& call) {
  const auto start = [&](pg::Transaction& tx) -> Result<StartedRun> {
    if (!run.idempotency_key.empty()) {
      const auto rows = tx.exec_params("SELECT " + RunColumns() +
                                           " FROM training_runs "
                                           "WHERE started_by = $1 AND idempotency_key = $2",
                                       run.started_by, run.idempotency_key);
      ASSIGN_OR_RETURN(auto earlier, First(rows));
      if (earlier) return StartedRun{*std::move(earlier), false};
    }
    ASSIGN_OR_RETURN(auto inserted, First(InsertRun(tx, run, owner, 0)));
    return StartedRun{*std::move(inserted), true};
  };
  auto started = pool_.Run(start, pg::Within(kStatementTime, call.deadline));
  // The same request twice at once: the other one is in by now.
  if (!started.ok() && pg::IsViolationOf(started.error(), kIdempotency))
    started = pool_.Run(start, pg::Within(kStatementTime, call.deadline));
  if (!started.ok() && pg::IsViolationOf(started.error(), kOneRunning))
    return Error::AlreadyExists(
        "training_run_active", "A training run is going on; cancel it or wait until it has ended.");
  return started;
}

Result<std::optional<TrainingRun>> PgRunRepository::StartIfDue(const NewRun& run,
                                                               const Owner& owner,
                                                               std::chrono::milliseconds interval,
                                                               const CallContext& call) {
  auto started = pool_.Run(
      [&](pg::Transaction& tx) {
        return First(InsertRun(tx, run, owner, static_cast<std::int64_t>(interval.count())));
      },
      pg::Within(kStatementTime, call.deadline));
  if (!started.ok() && pg::IsViolationOf(started.error(), kOneRunning))
    return std::optional<TrainingRun>{};
  return started;
}

Result<TrainingRun> PgRunRepository::Get(std::int64_t run_id, const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<TrainingRun> {
        ASSIGN_OR_RETURN(auto run, First(tx.exec_params("SELECT " + RunColumns() +
                                                            " FROM training_runs WHERE run_id = $1",
                                                        run_id)));
        if (!run) return Unknown(run_id);
        return *std::move(run);
      },
      pg::Within(kStatementTime, call.deadline));
}

Result<std::vector<TrainingRun>> PgRunRepository::List(std::int64_t before, int limit,
                                                       const CallContext& call) {
  return pool_.Read(
      [&](pg::Transaction& tx) -> Result<std::vector<TrainingRun>> {
        const auto rows =
            tx.exec_params("SELECT " + RunColumns() +
                               " FROM training_runs WHERE $1::bigint = 0 OR run_id < $1 "
                               "ORDER BY run_id DESC LIMIT $2",
                           before, limit);
        std::vector<TrainingRun> runs;
        for (const auto& row : rows) {
          ASSIGN_OR_RETURN(auto run, ToRun(row));
          runs.push_back(std::move(run));
        }
        return runs;
      },
      pg::Within(kStatementTime, call.deadline));
}

Result<bool> PgRunRepository::Heartbeat(std::int64_t run_id, const Owner& owner, Stage stage,
                                        double progress, const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<bool> {
        const auto rows = tx.exec_params(
            "UPDATE training_runs SET heartbeat_at = now(), stage = $3, progress = $4 "
            "WHERE run_id = $1 AND session = $2 AND state = 'running' RETURNING cancel_requested",
            run_id, owner.session, std::string(Name(stage)), progress);
        if (rows.empty()) return RunFenced();
        return rows[0][0].as<bool>();
      },
      pg::Within(kStatementTime, call.deadline));
}

Result<TrainingRun> PgRunRepository::RequestCancel(std::int64_t run_id, const CallContext& call) {
  RETURN_IF_ERROR(pool_.Run(
      [&](pg::Transaction& tx) -> Status {
        tx.exec_params(
            "UPDATE training_runs SET cancel_requested = true WHERE run_id = $1 AND state = "
            "'running'",
            run_id);
        return {};
      },
      pg::Within(kStatementTime, call.deadline)));
  return Get(run_id, call);
}

Status PgRunRepository::End(std::int64_t run_id, const Owner& owner, RunState state,
                            const std::string& error, const RunOutcome& outcome,
                            const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) { return EndRun(tx, run_id, owner, state, error, outcome); },
      pg::Within(kStatementTime, call.deadline));
}

Result<std::vector<std::int64_t>> PgRunRepository::FailAbandoned(const Owner& owner,
                                                                 const CallContext& call) {
  return pool_.Run(
      [&](pg::Transaction& tx) -> Result<std::vector<std::int64_t>> {
        const auto rows = tx.exec_params(
            "UPDATE training_runs SET state = 'failed', ended_at = now(), "
            "  error = 'trainer_died: The process that ran it ended without a word.' "
            "WHERE state = 'running' AND session <> $1 "
            "  AND (instance = $2 OR heartbeat_at < now() - $3 * interval '1 millisecond') "
            "RETURNING run_id",
            owner.session, owner.instance, static_cast<std::int64_t>(expiry_.count()));
        std::vector<std::int64_t> ids;
        for (const auto& row : rows) ids.push_back(row[0].as<std::int64_t>());
        return ids;
      },
      pg::Within(kStatementTime, call.deadline));
}

Result<std::optional<Time>> PgRunRepository::LastEnd(RunState state, const CallContext& call) {
  return pool_.Read(
      [state](pg::Transaction& tx) -> Result<std::optional<Time>> {
        const auto rows = tx.exec_params("SELECT " + RunColumns() +
                                             " FROM training_runs WHERE state = $1 "
                                             "ORDER BY ended_at DESC LIMIT 1",
                                         std::string(Name(state)));
        if (rows.empty()) return std::optional<Time>{};
        ASSIGN_OR_RETURN(const auto run, ToRun(rows[0]));
        return run.ended_at;
      },
      pg::Within(kStatementTime, call.deadline));
}

}  // namespace marquee::trainer
