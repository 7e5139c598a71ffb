#include "trainer/testing/memory_store.h"

#include <algorithm>

namespace marquee::trainer::testing {
namespace {

Error Fenced() { return Error::Aborted("run_fenced", "The run was ended by someone else."); }
Error UnknownRun() { return Error::NotFound("training_run_unknown", "There is no such run."); }

}  // namespace

void MemoryStore::Advance(std::chrono::milliseconds by) {
  const std::lock_guard lock(mutex_);
  now_ += by;
}

void MemoryStore::FailEnds(int count, bool applied) {
  const std::lock_guard lock(mutex_);
  failing_ends_ = count;
  applied_all_the_same_ = applied;
}

Status MemoryStore::Ended(Row* row, const std::function<void()>& apply) {
  const bool fails = failing_ends_ > 0 && failing_ends_-- > 0;
  const auto away = Error::Unavailable("database_unavailable", "The database is away.");
  if (fails && !applied_all_the_same_) return away;
  if (row == nullptr) return Fenced();
  apply();
  if (fails) return away;
  return {};
}

Result<TrainingRun> MemoryStore::Insert(const NewRun& run, const Owner& owner) {
  for (const auto& [id, row] : runs_) {
    if (row.run.state == RunState::kRunning)
      return Error::AlreadyExists("training_run_active", "A training run is going on.");
  }
  const auto id = static_cast<std::int64_t>(runs_.size()) + 1;
  Row row{.run = {}, .owner = owner, .idempotency_key = run.idempotency_key, .heartbeat = now_};
  row.run.run_id = id;
  row.run.hyperparameters = run.hyperparameters;
  row.run.force_promotion = run.force_promotion;
  row.run.started_by = run.started_by;
  row.run.started_at = now_;
  runs_[id] = row;
  return row.run;
}

Result<StartedRun> MemoryStore::Start(const NewRun& run, const Owner& owner, const CallContext&) {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, row] : runs_) {
    if (!run.idempotency_key.empty() && row.idempotency_key == run.idempotency_key &&
        row.run.started_by == run.started_by)
      return StartedRun{row.run, false};
  }
  ASSIGN_OR_RETURN(auto inserted, Insert(run, owner));
  return StartedRun{std::move(inserted), true};
}

Result<std::optional<TrainingRun>> MemoryStore::StartIfDue(const NewRun& run, const Owner& owner,
                                                           std::chrono::milliseconds interval,
                                                           const CallContext&) {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, row] : runs_) {
    if (row.run.started_at > now_ - interval || row.run.state == RunState::kRunning)
      return std::optional<TrainingRun>{};
  }
  ASSIGN_OR_RETURN(auto inserted, Insert(run, owner));
  return std::optional(std::move(inserted));
}

Result<TrainingRun> MemoryStore::Get(std::int64_t run_id, const CallContext&) {
  const std::lock_guard lock(mutex_);
  const auto it = runs_.find(run_id);
  if (it == runs_.end()) return UnknownRun();
  return it->second.run;
}

Result<std::vector<TrainingRun>> MemoryStore::List(std::int64_t before, int limit,
                                                   const CallContext&) {
  const std::lock_guard lock(mutex_);
  std::vector<TrainingRun> runs;
  for (auto it = runs_.rbegin(); it != runs_.rend(); ++it) {
    if ((before == 0 || it->first < before) && static_cast<int>(runs.size()) < limit)
      runs.push_back(it->second.run);
  }
  return runs;
}

MemoryStore::Row* MemoryStore::RunningOf(std::int64_t run_id, const Owner& owner) {
  const auto it = runs_.find(run_id);
  const bool owned = it != runs_.end() && it->second.run.state == RunState::kRunning &&
                     it->second.owner.session == owner.session;
  return owned ? &it->second : nullptr;
}

Result<bool> MemoryStore::Heartbeat(std::int64_t run_id, const Owner& owner, Stage stage,
                                    double progress, const CallContext&) {
  const std::lock_guard lock(mutex_);
  auto* row = RunningOf(run_id, owner);
  if (row == nullptr) return Fenced();
  row->heartbeat = now_;
  row->run.stage = stage;
  row->run.progress = progress;
  return row->cancel_requested;
}

Result<TrainingRun> MemoryStore::RequestCancel(std::int64_t run_id, const CallContext&) {
  const std::lock_guard lock(mutex_);
  const auto it = runs_.find(run_id);
  if (it == runs_.end()) return UnknownRun();
  if (!HasEnded(it->second.run.state)) it->second.cancel_requested = true;
  return it->second.run;
}

void MemoryStore::Apply(Row& row, RunState state, const std::string& error,
                        const RunOutcome& outcome, Time now) {
  row.run.state = state;
  row.run.error = error;
  row.run.ended_at = now;
  row.run.rating_count = outcome.rating_count;
  row.run.metrics = outcome.metrics;
  row.run.hyperparameters = outcome.hyperparameters;
  if (state != RunState::kSucceeded) return;
  row.run.stage = Stage::kDone;
  row.run.progress = 1;
}

Status MemoryStore::End(std::int64_t run_id, const Owner& owner, RunState state,
                        const std::string& error, const RunOutcome& outcome, const CallContext&) {
  const std::lock_guard lock(mutex_);
  auto* row = RunningOf(run_id, owner);
  return Ended(row, [&] { Apply(*row, state, error, outcome, now_); });
}

Result<std::vector<std::int64_t>> MemoryStore::FailAbandoned(const Owner& owner,
                                                             const CallContext&) {
  const std::lock_guard lock(mutex_);
  std::vector<std::int64_t> failed;
  for (auto& [id, row] : runs_) {
    if (HasEnded(row.run.state) || row.owner.session == owner.session) continue;
    if (row.owner.instance != owner.instance && row.heartbeat + expiry_ >= now_) continue;
    row.run.state = RunState::kFailed;
    row.run.error = "trainer_died: The process that ran it ended without a word.";
    row.run.ended_at = now_;
    failed.push_back(id);
  }
  return failed;
}

Result<std::optional<Time>> MemoryStore::LastEnd(RunState state, const CallContext&) {
  const std::lock_guard lock(mutex_);
  for (auto it = runs_.rbegin(); it != runs_.rend(); ++it) {
    if (it->second.run.state == state) return it->second.run.ended_at;
  }
  return std::optional<Time>{};
}

}  // namespace marquee::trainer::testing
