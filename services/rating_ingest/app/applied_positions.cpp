#include "rating_ingest/app/applied_positions.h"

#include <algorithm>

namespace marquee::rating_ingest {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

// A writer in this process is faster than this; the store is asked only where there is none, or it
// lags.
constexpr milliseconds kFirstPoll{20};
constexpr milliseconds kMostPoll{100};

}  // namespace

void AppliedPositions::Advance(const Offsets& next) {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [partition, offset] : next) {
      auto& known = next_[partition];
      known = std::max(known, offset);
    }
  }
  advanced_.notify_all();
}

bool AppliedPositions::WaitFor(const Offsets& wanted, Time deadline) {
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - SystemClock().Now());
  const auto until = Steady::now() + std::min(most_wait_, left);
  auto poll = kFirstPoll;
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto slice = std::min(until, Steady::now() + poll);
    if (advanced_.wait_until(lock, slice, [&] { return Reached(wanted); })) return true;
    lock.unlock();
    const auto stored = reader_.NextOffsets(deadline);
    if (stored.ok()) Advance(*stored);
    lock.lock();
    if (Reached(wanted)) return true;
    if (Steady::now() >= until || !stored.ok()) return false;
    poll = std::min(poll * 2, kMostPoll);
  }
}

bool AppliedPositions::Reached(const Offsets& wanted) const {
  return std::ranges::all_of(wanted, [&](const auto& one) {
    const auto known = next_.find(one.first);
    return known != next_.end() && known->second >= one.second;
  });
}

}  // namespace marquee::rating_ingest
