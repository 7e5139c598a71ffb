// Training runs as a service: started by a person or the schedule, one at a time across all
// replicas, watched, cancelled, and ended properly whatever happens.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/call_context.h"
#include "base/result.h"
#include "trainer/app/run_monitor.h"
#include "trainer/app/trainer_metrics.h"
#include "trainer/app/training_job.h"
#include "trainer/domain/ports.h"

namespace marquee::trainer {

struct TrainerOptions {
  Owner owner = {};
  std::chrono::milliseconds heartbeat{1'000};
  // How long the end of a run is tried to be stored while the database is away; then the run is
  // left to the heartbeat's expiry.
  std::chrono::milliseconds settle_timeout{60'000};
};

// Thread-safe.
class Trainer {
 public:
  // All outlive it. `may_start` says what no run may start before.
  Trainer(RunRepository& runs, ModelRegistry& registry, TrainingJob& job, TrainerMetrics& metrics,
          TrainerOptions options, std::function<Status()> may_start);
  ~Trainer();  // as Stop()

  // AlreadyExists "training_run_active"; Unavailable "trainer_stopping".
  Result<TrainingRun> Start(const NewRun& run, const CallContext& call);
  // Starts one when none has started for `interval`; says whether it did.
  Result<bool> StartIfDue(std::chrono::milliseconds interval, const CallContext& call);

  // Asks the run to stop and waits, at most `patience`, until it has; returns it as it then is.
  Result<TrainingRun> Cancel(std::int64_t run_id, std::chrono::milliseconds patience,
                             const CallContext& call);
  // With the versions that they registered, as the registry has them.
  Result<TrainingRun> Get(std::int64_t run_id, const CallContext& call);
  Result<std::vector<TrainingRun>> List(std::int64_t before, int limit, const CallContext& call);
  // Sends the run at once and at each change until it has ended. `send` returns false when nobody
  // listens any more; `cancelled` is asked between.
  Status Watch(std::int64_t run_id, const CallContext& call,
               const std::function<bool(const TrainingRun&)>& send,
               const std::function<bool()>& cancelled);

  // Marks runs as failed whose process is gone, and counts them.
  Status Recover(const CallContext& call);

  // Cancels the run in progress, waits until its end is stored, and refuses new ones. Idempotent.
  void Stop();

 private:
  struct Worker;
  Result<TrainingRun> Launch(TrainingRun run);
  void Work(Worker& worker);
  void Beat(Worker& worker, const std::stop_token& stop);
  Result<int> FailAbandoned(const CallContext& call);
  // As what the run has ended; nothing when somebody else has ended it, or will.
  std::optional<RunState> Settle(Worker& worker, const Status& trained, const RunOutcome& outcome);
  Status WithVersions(std::vector<TrainingRun>& runs, const CallContext& call);
  void Changed();
  void WaitForChange(std::uint64_t seen);

  RunRepository& runs_;
  ModelRegistry& registry_;
  TrainingJob& job_;
  TrainerMetrics& metrics_;
  TrainerOptions options_;
  std::function<Status()> may_start_;

  std::mutex start_mutex_;  // one start at a time
  std::mutex mutex_;        // guards what follows
  std::condition_variable changed_;
  std::uint64_t changes_ = 0;  // grows when the stored run of this process may have changed
  bool stopping_ = false;
  std::shared_ptr<Worker> worker_;  // the latest
};

}  // namespace marquee::trainer
