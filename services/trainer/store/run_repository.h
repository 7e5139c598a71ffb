// RunRepository on PostgreSQL: table training_runs. Its clock is the database's.
#pragma once

#include <chrono>

#include "pg/pool.h"
#include "trainer/domain/ports.h"

namespace marquee::trainer {

class PgRunRepository final : public RunRepository {
 public:
  // A running run whose heartbeat is older than `expiry` counts as dead.
  PgRunRepository(pg::Pool& pool, std::chrono::milliseconds expiry)
      : pool_(pool), expiry_(expiry) {}

  Result<StartedRun> Start(const NewRun& run, const Owner& owner, const CallContext& call) override;
  Result<std::optional<TrainingRun>> StartIfDue(const NewRun& run, const Owner& owner,
                                                std::chrono::milliseconds interval,
                                                const CallContext& call) override;
  Result<TrainingRun> Get(std::int64_t run_id, const CallContext& call) override;
  Result<std::vector<TrainingRun>> List(std::int64_t before, int limit,
                                        const CallContext& call) override;
  Result<bool> Heartbeat(std::int64_t run_id, const Owner& owner, Stage stage, double progress,
                         const CallContext& call) override;
  Result<TrainingRun> RequestCancel(std::int64_t run_id, const CallContext& call) override;
  Status End(std::int64_t run_id, const Owner& owner, RunState state, const std::string& error,
             const RunOutcome& outcome, const CallContext& call) override;
  Result<std::vector<std::int64_t>> FailAbandoned(const Owner& owner,
                                                  const CallContext& call) override;
  Result<std::optional<Time>> LastEnd(RunState state, const CallContext& call) override;

 private:
  pg::Pool& pool_;
  std::chrono::milliseconds expiry_;
};

}  // namespace marquee::trainer
