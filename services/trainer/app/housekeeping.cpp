#include "trainer/app/housekeeping.h"

#include "logging/log.h"
#include "tracing/trace.h"

namespace marquee::trainer {

Housekeeping::Housekeeping(Trainer& trainer, HousekeepingSettings settings)
    : trainer_(trainer), settings_(settings), task_(settings.tick, [this](const std::stop_token&) {
        Step();
        return std::nullopt;
      }) {}

void Housekeeping::Step() {
  const tracing::Scope scope(tracing::TraceContext::New());
  const auto round = Round();
  // Once when it begins: the database may be away for long.
  if (!round.ok() && !failed_)
    logging::Warning("housekeeping failed", {{"error", round.error().ToString()}});
  failed_ = !round.ok();
}

Status Housekeeping::Round() {
  RETURN_IF_ERROR(trainer_.Recover());
  if (settings_.interval.count() == 0) return {};
  ASSIGN_OR_RETURN(const bool started, trainer_.StartIfDue(settings_.interval));
  if (started) logging::Info("the schedule started a run");
  return {};
}

}  // namespace marquee::trainer
