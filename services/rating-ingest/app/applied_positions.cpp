#include "rating-ingest/app/applied_positions.h"

#include <algorithm>

namespace marquee::rating_ingest {
namespace {

using std::chrono::milliseconds;

// A writer in this process is faster than this; the store is asked only where there is none, or it
// lags.
constexpr milliseconds kFirstPoll{20};
constexpr milliseconds kMostPoll{100};
constexpr milliseconds kPatientPoll{500};
constexpr milliseconds kAskForEnd{250};

}  // namespace

AppliedPositions::AppliedPositions(RatingReader& reader, RatingLog& log, Options options,
                                   metrics::Metrics& metrics)
    : reader_(reader),
      log_(log),
      options_(options),
      waits_(metrics, "rating_ingest", options.most_waiting) {}

void AppliedPositions::Advance(const ratings::StoredPositions& stored) {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [partition, one] : stored) {
      auto& known = applied_[partition];
      known = std::max(known, std::pair(one.other_logs, one.position.next_offset));
    }
  }
  advanced_.notify_all();
}

Status AppliedPositions::WaitFor(const CallContext& call) {
  const auto wanted = call.PositionsIn(ratings::kStream);
  if (wanted.empty()) return {};
  const Time began = SystemClock().Now();
  const CallContext waiting = call.Before(began + options_.most_wait);
  auto worst = PositionWait::kReached;
  for (const auto& position : wanted) {
    ASSIGN_OR_RETURN(const auto outcome, WaitForOne(position, waiting));
    worst = std::max(worst, outcome);
  }
  waits_.Count(worst);
  if (worst == PositionWait::kAwaited || worst == PositionWait::kTimedOut)
    waits_.Waited(std::chrono::duration<double>(SystemClock().Now() - began).count());
  return {};
}

Result<ratings::PositionWait> AppliedPositions::WaitForOne(const LogPosition& wanted,
                                                           const CallContext& call) {
  {
    const std::lock_guard lock(mutex_);
    if (Reached(wanted)) return PositionWait::kReached;
  }
  const Gate::Pass pass(waits_.gate());
  if (!pass) return PositionWait::kTurnedAway;
  const auto end = log_.EndOffset(wanted.partition, call.Before(SystemClock().Now() + kAskForEnd));
  const bool outside = end.ok() ? *end < wanted.next_offset : end.error().code == Code::kNotFound;
  if (outside && wanted.fingerprint != 0) return PositionWait::kElsewhere;
  if (outside) {
    waits_.Count(PositionWait::kRefused);
    return ratings::BeyondTheLog(wanted);
  }
  return Await([&] { return Reached(wanted); }, call.deadline, kFirstPoll)
             ? PositionWait::kAwaited
             : PositionWait::kTimedOut;
}

void AppliedPositions::AwaitNear(const Offsets& ends, std::int64_t most_behind, Time until) {
  // A writer in this process says how far it has come; to ask the store would take it from people.
  (void)Await([&] { return Behind(ends) <= most_behind; }, until, kPatientPoll);
}

bool AppliedPositions::Await(const std::function<bool()>& reached, Time until, milliseconds poll) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - SystemClock().Now());
    const auto slice = std::clamp(left, milliseconds(0), poll);
    if (advanced_.wait_for(lock, slice, reached)) return true;
    lock.unlock();
    const auto stored =
        reader_.Positions(CallContext(std::max(until, SystemClock().Now() + kMostPoll)));
    if (stored.ok()) Advance(*stored);
    lock.lock();
    if (reached()) return true;
    if (SystemClock().Now() >= until || !stored.ok()) return false;
    poll = std::min(poll * 2, std::max(poll, kMostPoll));
  }
}

bool AppliedPositions::Reached(const LogPosition& wanted) const {
  const auto known = applied_.find(wanted.partition);
  return known != applied_.end() && known->second.second >= wanted.next_offset;
}

std::int64_t AppliedPositions::Behind(const Offsets& ends) const {
  std::int64_t behind = 0;
  for (const auto& [partition, end] : ends) {
    const auto known = applied_.find(partition);
    behind += std::max<std::int64_t>(0, end - (known == applied_.end() ? 0 : known->second.second));
  }
  return behind;
}

}  // namespace marquee::rating_ingest
