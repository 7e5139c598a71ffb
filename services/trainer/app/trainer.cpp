#include "trainer/app/trainer.h"

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "logging/log.h"
#include "tracing/trace.h"

namespace marquee::trainer {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds kWatchPoll{1'000};  // for runs of other replicas
constexpr milliseconds kLeastBeatPause{200};
constexpr milliseconds kOwnTime{5'000};  // for a word of a run to the database
constexpr int kNice = 10;  // training leaves the cores to the rpcs, here and next door

// A run outlives the call that started it: what it says of itself has a time of its own.
CallContext OwnCall() { return CallContext(SystemClock().Now() + kOwnTime); }

Error Stopping() {
  return Error::Unavailable("trainer_stopping", "The trainer is being stopped; try again shortly.");
}

bool SameForWatchers(const TrainingRun& a, const TrainingRun& b) {
  return a.state == b.state && a.stage == b.stage && a.progress == b.progress &&
         a.rating_count == b.rating_count && a.metrics == b.metrics;
}

}  // namespace

struct Trainer::Worker {
  TrainingRun run;
  tracing::TraceContext trace;
  RunMonitor monitor;
  bool fenced =
      false;  // the run is somebody else's to end; written by the beat, read after its join
  std::jthread thread;
};

Trainer::Trainer(RunRepository& runs, ModelRegistry& registry, TrainingJob& job,
                 TrainerMetrics& metrics, TrainerOptions options, std::function<Status()> may_start)
    : runs_(runs),
      registry_(registry),
      job_(job),
      metrics_(metrics),
      options_(std::move(options)),
      may_start_(std::move(may_start)) {}

Trainer::~Trainer() { Stop(); }

Result<TrainingRun> Trainer::Start(const NewRun& run, const CallContext& call) {
  RETURN_IF_ERROR(Validate(run.hyperparameters));
  RETURN_IF_ERROR(may_start_());
  const std::lock_guard starting(start_mutex_);
  if (const std::lock_guard lock(mutex_); stopping_) return Stopping();
  // A dead run blocks nobody.
  RETURN_IF_ERROR(FailAbandoned(call));
  ASSIGN_OR_RETURN(auto started, runs_.Start(run, options_.owner, call));
  if (!started.fresh) return std::move(started.run);
  return Launch(std::move(started.run));
}

Result<bool> Trainer::StartIfDue(milliseconds interval, const CallContext& call) {
  if (!may_start_().ok()) return false;
  const std::lock_guard starting(start_mutex_);
  if (const std::lock_guard lock(mutex_); stopping_) return false;
  ASSIGN_OR_RETURN(auto started, runs_.StartIfDue({}, options_.owner, interval, call));
  if (!started) return false;
  RETURN_IF_ERROR(Launch(*std::move(started)));
  return true;
}

Result<TrainingRun> Trainer::Launch(TrainingRun run) {
  std::shared_ptr<Worker> last;
  {
    const std::lock_guard lock(mutex_);
    last = worker_;
  }
  // The last run isn't running in the database, or this one couldn't have begun: its thread is at
  // its end, or should be.
  if (last) last->monitor.Cancel(Error::Aborted("run_fenced", "Another run has begun."));
  if (last && last->thread.joinable()) last->thread.join();
  const auto* trace = tracing::Current();
  auto worker = std::make_shared<Worker>();
  worker->run = run;
  worker->trace = trace != nullptr ? trace->Child() : tracing::TraceContext::New();
  const std::lock_guard lock(mutex_);
  worker_ = worker;
  if (stopping_) worker->monitor.Cancel(Stopping());  // ends it properly
  worker->thread = std::jthread([this, worker = worker.get()] { Work(*worker); });
  return run;
}

void Trainer::Work(Worker& worker) {
  const tracing::Scope scope(worker.trace);
  setpriority(PRIO_PROCESS, 0, kNice);  // of this thread, and of those that it starts
  const auto began = SteadyClock::now();
  logging::Info("run started", {{"run_id", worker.run.run_id}, {"by", worker.run.started_by}});
  metrics_.RunStarted();
  std::optional<RunState> state;
  {
    RunOutcome outcome;
    Status trained = Error::Internal("the run didn't take place");
    {
      const std::jthread beat([&](std::stop_token stop) { Beat(worker, stop); });
      try {
        trained = job_.Run(worker.run, worker.monitor, outcome);
      } catch (const std::bad_alloc&) {
        trained = Error::ResourceExhausted("out_of_memory", "There is not enough memory to train.");
      } catch (const std::exception& exception) {
        trained = Error::Internal(exception.what());
      }
    }
    state = Settle(worker, trained, outcome);
    Changed();
    if (state == RunState::kSucceeded) metrics_.LastEnds(SystemClock().Now(), {});
  }
  malloc_trim(0);  // gigabytes, perhaps, for a service that now idles
  const std::chrono::duration<double> took = SteadyClock::now() - began;
  metrics_.RunEnded(state, took);
  logging::Info("run ended", {{"run_id", worker.run.run_id},
                              {"state", state ? Name(*state) : "left to others"},
                              {"seconds", took.count()}});
}

void Trainer::Beat(Worker& worker, const std::stop_token& stop) {
  const tracing::Scope scope(worker.trace);
  while (!stop.stop_requested()) {
    const auto position = worker.monitor.position();
    metrics_.RunProgress(position.progress);
    const auto cancel = runs_.Heartbeat(worker.run.run_id, options_.owner, position.stage,
                                        position.progress, OwnCall());
    if (!cancel.ok() && cancel.error().code == Code::kAborted) {
      worker.fenced = true;
      worker.monitor.Cancel(cancel.error());
      return;
    }
    if (!cancel.ok())
      logging::Warning("heartbeat failed", {{"error", cancel.error().ToString()}});
    else if (*cancel)
      worker.monitor.Cancel(Error::Cancelled("cancelled", "Somebody asked for it."));
    Changed();
    worker.monitor.WaitForStage(position.stage, options_.heartbeat, stop);
    // Stages may fly by: no more than five statements a second.
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any().wait_for(lock, stop, kLeastBeatPause, [] { return false; });
  }
}

std::optional<RunState> Trainer::Settle(Worker& worker, const Status& trained,
                                        const RunOutcome& outcome) {
  RunState state = RunState::kSucceeded;
  if (!trained.ok()) {
    state = worker.monitor.Cancelled() ? RunState::kCancelled : EndedBy(trained.error());
    logging::Warning("run didn't succeed", {{"run_id", worker.run.run_id},
                                            {"state", Name(state)},
                                            {"error", trained.error().ToString()}});
  }
  const auto run_id = worker.run.run_id;
  const auto give_up = SteadyClock::now() + options_.settle_timeout;
  auto pause = kLeastBeatPause;
  while (!worker.fenced) {
    auto stored =
        runs_.End(run_id, options_.owner, state,
                  trained.ok() ? std::string() : RunError(trained.error()), outcome, OwnCall());
    if (stored.ok()) return state;
    // An earlier attempt may have been committed though its answer was lost.
    if (stored.error().code == Code::kAborted) {
      const auto run = runs_.Get(run_id, OwnCall());
      if (run.ok() && run->state == state) return state;
      if (run.ok()) return std::nullopt;  // somebody else has ended it
    }
    logging::Error("the run's end isn't stored",
                   {{"run_id", run_id}, {"error", stored.error().ToString()}});
    std::unique_lock lock(mutex_);
    // A stop shortens the patience, not to nothing. Whoever comes next marks the run as failed.
    if (SteadyClock::now() + pause > give_up || (stopping_ && pause > milliseconds{1'000}))
      return std::nullopt;
    changed_.wait_for(lock, pause, [] { return false; });
    pause *= 2;
  }
  return std::nullopt;
}

Status Trainer::WithVersions(std::vector<TrainingRun>& runs, const CallContext& call) {
  std::vector<std::int64_t> ids;
  for (const auto& run : runs) {
    if (run.state == RunState::kSucceeded) ids.push_back(run.run_id);
  }
  if (ids.empty()) return {};
  ASSIGN_OR_RETURN(const auto versions, registry_.OfRuns(ids, call));
  for (auto& run : runs) {
    if (run.state != RunState::kSucceeded) continue;
    for (const auto& version : versions) {
      if (version.run_id == run.run_id) run.model_versions.push_back(version);
    }
  }
  return {};
}

Result<TrainingRun> Trainer::Get(std::int64_t run_id, const CallContext& call) {
  ASSIGN_OR_RETURN(auto run, runs_.Get(run_id, call));
  std::vector<TrainingRun> one{std::move(run)};
  RETURN_IF_ERROR(WithVersions(one, call));
  return std::move(one.front());
}

Result<std::vector<TrainingRun>> Trainer::List(std::int64_t before, int limit,
                                               const CallContext& call) {
  ASSIGN_OR_RETURN(auto runs, runs_.List(before, limit, call));
  RETURN_IF_ERROR(WithVersions(runs, call));
  return runs;
}

Result<TrainingRun> Trainer::Cancel(std::int64_t run_id, milliseconds patience,
                                    const CallContext& call) {
  ASSIGN_OR_RETURN(auto run, runs_.RequestCancel(run_id, call));
  std::uint64_t seen = 0;
  {
    const std::lock_guard lock(mutex_);
    seen = changes_;
    if (worker_ && worker_->run.run_id == run_id)
      worker_->monitor.Cancel(Error::Cancelled("cancelled", "Somebody asked for it."));
  }
  const auto until = SteadyClock::now() + patience;
  while (!HasEnded(run.state) && SteadyClock::now() < until) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, std::min(until, SteadyClock::now() + kLeastBeatPause),
                        [&] { return changes_ != seen; });
    seen = changes_;
    lock.unlock();
    ASSIGN_OR_RETURN(run, Get(run_id, call));
  }
  return run;
}

Status Trainer::Watch(std::int64_t run_id, const CallContext& call,
                      const std::function<bool(const TrainingRun&)>& send,
                      const std::function<bool()>& cancelled) {
  std::optional<TrainingRun> sent;
  while (true) {
    std::uint64_t seen = 0;
    bool stopping = false;
    {
      const std::lock_guard lock(mutex_);
      seen = changes_;
      // A run of this process is about to end: its watchers are told how.
      stopping = stopping_ && (!worker_ || worker_->run.run_id != run_id);
    }
    ASSIGN_OR_RETURN(auto run, Get(run_id, call));
    if (!sent || !SameForWatchers(*sent, run)) {
      if (!send(run)) return Error::Cancelled("cancelled", "Nobody listens any more.");
      sent = run;
    }
    if (HasEnded(run.state)) return {};
    if (stopping) return Stopping();
    if (cancelled()) return Error::Cancelled("cancelled", "The call was cancelled.");
    WaitForChange(seen);
  }
}

Result<int> Trainer::FailAbandoned(const CallContext& call) {
  ASSIGN_OR_RETURN(const auto failed, runs_.FailAbandoned(options_.owner, call));
  for (const auto run_id : failed) {
    logging::Warning("an abandoned run was marked as failed", {{"run_id", run_id}});
    const auto run = runs_.Get(run_id, call);
    metrics_.RunDied(run.ok() && run->ended_at ? *run->ended_at - run->started_at
                                               : Time::duration::zero());
  }
  return static_cast<int>(failed.size());
}

Status Trainer::Recover(const CallContext& call) {
  RETURN_IF_ERROR(FailAbandoned(call));
  ASSIGN_OR_RETURN(const auto success, runs_.LastEnd(RunState::kSucceeded, call));
  ASSIGN_OR_RETURN(const auto failure, runs_.LastEnd(RunState::kFailed, call));
  metrics_.LastEnds(success, failure);
  return {};
}

void Trainer::Stop() {
  std::shared_ptr<Worker> worker;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    ++changes_;
    worker = worker_;
    if (worker)
      worker->monitor.Cancel(Error::Cancelled("trainer_stopped", "The trainer was stopped."));
  }
  changed_.notify_all();
  const std::lock_guard starting(start_mutex_);  // none is being launched
  {
    const std::lock_guard lock(mutex_);
    worker = worker_;
  }
  if (worker && worker->thread.joinable()) worker->thread.join();
}

void Trainer::Changed() {
  {
    const std::lock_guard lock(mutex_);
    ++changes_;
  }
  changed_.notify_all();
}

void Trainer::WaitForChange(std::uint64_t seen) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kWatchPoll, [&] { return changes_ != seen; });
}

}  // namespace marquee::trainer
