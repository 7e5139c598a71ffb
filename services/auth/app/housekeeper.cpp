#include "auth/app/housekeeper.h"

#include "logging/log.h"

namespace marquee::auth {

Housekeeper::Housekeeper(KeyRing& keys, Sessions& sessions, const Clock& clock,
                         std::chrono::milliseconds period)
    : keys_(keys),
      sessions_(sessions),
      clock_(clock),
      period_(period),
      thread_([this](std::stop_token stop) { Run(stop); }) {}

Housekeeper::~Housekeeper() = default;  // the thread is asked to stop, and joined

void Housekeeper::Run(std::stop_token stop) {
  constexpr std::chrono::seconds kMostTime{5};
  constexpr std::chrono::milliseconds kEager{500};
  while (!stop.stop_requested()) {
    Report("reading the signing keys", keys_.Refresh(clock_.Now() + kMostTime));
    const bool ready = keys_.Ready().ok();
    if (ready) Report("forgetting old sessions", sessions_.Purge(clock_.Now() + kMostTime));
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, ready ? period_ : kEager, [] { return false; });
  }
}

// Each problem once, not twice a second.
void Housekeeper::Report(const char* task, const Status& status) {
  if (status.ok()) {
    if (last_problem_.starts_with(task)) last_problem_.clear();
    return;
  }
  std::string problem = std::string(task) + ": " + status.error().ToString();
  if (problem == last_problem_) return;
  logging::Warning("housekeeping failed", {{"why", problem}});
  last_problem_ = std::move(problem);
}

}  // namespace marquee::auth
