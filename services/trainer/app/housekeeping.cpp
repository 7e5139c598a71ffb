#include "trainer/app/housekeeping.h"

#include <condition_variable>
#include <mutex>

#include "logging/log.h"
#include "tracing/trace.h"

namespace marquee::trainer {

Housekeeping::Housekeeping(Trainer& trainer, HousekeepingSettings settings)
    : trainer_(trainer),
      settings_(settings),
      thread_([this](std::stop_token stop) { Run(stop); }) {}

Housekeeping::~Housekeeping() { Stop(); }

void Housekeeping::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Housekeeping::Run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  bool failed_before = false;
  while (!stop.stop_requested()) {
    const tracing::Scope scope(tracing::TraceContext::New());
    const auto round = Round();
    // Once when it begins: the database may be away for long.
    if (!round.ok() && !failed_before)
      logging::Warning("housekeeping failed", {{"error", round.error().ToString()}});
    failed_before = !round.ok();
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, settings_.tick, [] { return false; });
  }
}

Status Housekeeping::Round() {
  RETURN_IF_ERROR(trainer_.Recover());
  if (settings_.interval.count() == 0) return {};
  ASSIGN_OR_RETURN(const bool started, trainer_.StartIfDue(settings_.interval));
  if (started) logging::Info("the schedule started a run");
  return {};
}

}  // namespace marquee::trainer
