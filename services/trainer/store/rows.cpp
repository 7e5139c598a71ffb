#include "trainer/store/rows.h"

#include <pqxx/pqxx>

#include "artefact/metrics_json.h"
#include "pg/time.h"

namespace marquee::trainer {
Result<TrainingRun> ToRun(const pqxx::row& row) {
  TrainingRun run;
  run.run_id = row[0].as<std::int64_t>();
  const auto state = ParseRunState(row[1].as<std::string>());
  const auto stage = ParseStage(row[2].as<std::string>());
  if (!state || !stage) return Error::Internal("stored run has an unknown state or stage");
  run.state = *state;
  run.stage = *stage;
  run.progress = row[3].as<double>();
  run.hyperparameters = {.factors = row[4].as<int>(),
                         .iterations = row[5].as<int>(),
                         .regularization = row[6].as<double>(),
                         .alpha = row[7].as<double>(),
                         .seed = row[8].as<std::int64_t>()};
  run.force_promotion = row[9].as<bool>();
  run.rating_count = row[10].as<std::int64_t>();
  ASSIGN_OR_RETURN(run.metrics, artefact::ParseMetrics(row[11].as<std::string>()));
  run.error = row[12].as<std::string>();
  run.started_by = row[13].as<std::int64_t>();
  run.started_at = pg::FromMicroseconds(row[14].as<std::int64_t>());
  if (!row[15].is_null()) run.ended_at = pg::FromMicroseconds(row[15].as<std::int64_t>());
  return run;
}

Status EndRun(pg::Transaction& tx, std::int64_t run_id, const Owner& owner, RunState state,
              const std::string& error, const RunOutcome& outcome) {
  const auto& h = outcome.hyperparameters;
  const bool succeeded = state == RunState::kSucceeded;
  const auto rows = tx.exec_params(
      "UPDATE training_runs SET state = $3, ended_at = now(), error = $4, rating_count = $5, "
      "  metrics = $6::jsonb, factors = $7, iterations = $8, regularization = $9, alpha = $10, "
      "  seed = $11, stage = CASE WHEN $12 THEN 'done' ELSE stage END, "
      "  progress = CASE WHEN $12 THEN 1 ELSE progress END "
      "WHERE run_id = $1 AND session = $2 AND state = 'running'",
      run_id, owner.session, std::string(Name(state)), error, outcome.rating_count,
      artefact::MetricsJson(outcome.metrics), h.factors, h.iterations, h.regularization, h.alpha,
      h.seed, succeeded);
  if (rows.affected_rows() == 0) return RunFenced();
  return {};
}

Error RunFenced() { return Error::Aborted("run_fenced", "The run was ended by someone else."); }

}  // namespace marquee::trainer
