#include "rpc/admission.h"

namespace marquee::rpc {

Admission::Admission(int running, int waiting, metrics::Metrics& metrics)
    : most_running_(running),
      most_waiting_(static_cast<std::size_t>(waiting)),
      refused_(metrics.AddCounter("marquee_rpc_overloaded_total",
                                  "Calls that were refused because too many waited before them")) {}

Error Admission::Overloaded() {
  refused_.Increment();
  return Error::Unavailable("overloaded", "Too much is asked of this service just now; try again.");
}

Status Admission::Enter(Time deadline) {
  std::unique_lock lock(mutex_);
  if (running_ < most_running_) {
    ++running_;
    return {};
  }
  if (waiting_.size() >= most_waiting_) return Overloaded();
  Turn turn;
  const auto place = waiting_.insert(waiting_.end(), &turn);
  if (turn.came.wait_until(lock, deadline, [&] { return turn.ours; })) return {};
  waiting_.erase(place);
  return Overloaded();
}

void Admission::Leave() {
  const std::lock_guard lock(mutex_);
  if (waiting_.empty()) {
    --running_;
    return;
  }
  // The place goes from hand to hand: nobody who comes now is before those who wait.
  Turn* next = waiting_.front();
  waiting_.pop_front();
  next->ours = true;
  next->came.notify_one();
}

}  // namespace marquee::rpc
