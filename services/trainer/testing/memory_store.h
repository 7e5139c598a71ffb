// The trainer's runs in memory: held to the same contract as PostgreSQL's
// (store_contract.h), for tests of what stands on them. Thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "trainer/domain/ports.h"

namespace marquee::trainer::testing {

class MemoryStore final : public RunRepository {
 public:
  explicit MemoryStore(std::chrono::milliseconds expiry = std::chrono::milliseconds{30'000})
      : expiry_(expiry) {}

  void Advance(std::chrono::milliseconds by);  // its clock, which stands still otherwise
  // The next ends of runs answer Unavailable; `applied`: though they took effect.
  void FailEnds(int count, bool applied = false);

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
  struct Row {
    TrainingRun run;
    Owner owner;
    std::string idempotency_key;
    Time heartbeat;
    bool cancel_requested = false;
  };
  // Called with the lock held.
  Status Ended(Row* row, const std::function<void()>& apply);
  Result<TrainingRun> Insert(const NewRun& run, const Owner& owner);
  Row* RunningOf(std::int64_t run_id, const Owner& owner);
  static void Apply(Row& row, RunState state, const std::string& error, const RunOutcome& outcome,
                    Time now);

  std::chrono::milliseconds expiry_;
  std::mutex mutex_;
  Time now_{std::chrono::seconds{1'700'000'000}};
  int failing_ends_ = 0;
  bool applied_all_the_same_ = false;
  std::map<std::int64_t, Row> runs_;
};

}  // namespace marquee::trainer::testing
