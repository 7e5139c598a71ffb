#include "trainer/app/housekeeping.h"

#include "logging/log.h"
#include "tracing/trace.h"

namespace marquee::trainer {
namespace {

constexpr std::chrono::milliseconds kRoundTime{30'000};  // each of its few statements has 5 s

}  // namespace

Housekeeping::Housekeeping(Trainer& trainer, HousekeepingOptions options)
    : trainer_(trainer), options_(options), task_(options.tick, [this](const std::stop_token&) {
        Step();
        return std::nullopt;
      }) {}

void Housekeeping::Step() {
  const tracing::Scope scope(tracing::TraceContext::New());
  outage_.Note(Round());
}

Status Housekeeping::Round() {
  const CallContext call(SystemClock().Now() + kRoundTime);
  RETURN_IF_ERROR(trainer_.Recover(call));
  if (options_.interval.count() == 0) return {};
  ASSIGN_OR_RETURN(const bool started, trainer_.StartIfDue(options_.interval, call));
  if (started) logging::Info("the schedule started a run");
  return {};
}

}  // namespace marquee::trainer
