#include "rating-ingest/app/applied_positions.h"

#include <algorithm>

namespace marquee::rating_ingest {
namespace {

using std::chrono::milliseconds;

// A writer in this process is faster than this; the store is asked only where there is none, or it
// lags.
constexpr milliseconds kFirstPoll{20};
constexpr milliseconds kMostPoll{100};
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
  return Await(wanted, call.deadline);
}

ratings::PositionWait AppliedPositions::Await(const LogPosition& wanted, Time until) {
  auto poll = kFirstPoll;
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - SystemClock().Now());
    const auto slice = std::clamp(left, milliseconds(0), poll);
    if (advanced_.wait_for(lock, slice, [&] { return Reached(wanted); }))
      return PositionWait::kAwaited;
    lock.unlock();
    const auto stored =
        reader_.Positions(CallContext(std::max(until, SystemClock().Now() + kMostPoll)));
    if (stored.ok()) Advance(*stored);
    lock.lock();
    if (Reached(wanted)) return PositionWait::kAwaited;
    if (SystemClock().Now() >= until || !stored.ok()) return PositionWait::kTimedOut;
    poll = std::min(poll * 2, kMostPoll);
  }
}

bool AppliedPositions::Reached(const LogPosition& wanted) const {
  const auto known = applied_.find(wanted.partition);
  return known != applied_.end() && known->second.second >= wanted.next_offset;
}

}  // namespace marquee::rating_ingest
