#include "trainer/app/run_monitor.h"

#include <algorithm>

namespace marquee::trainer {

bool RunMonitor::Report(Stage stage, double within) {
  {
    const std::lock_guard lock(mutex_);
    position_.progress = std::max(position_.progress, OverallProgress(stage, within));
    if (position_.stage != stage) {
      position_.stage = stage;
      changed_.notify_all();
    }
  }
  return !Cancelled();
}

void RunMonitor::Cancel(Error reason) {
  {
    const std::lock_guard lock(mutex_);
    if (!reason_) reason_ = std::move(reason);
  }
  stop_.request_stop();  // runs others' callbacks: not under the lock
}

Status RunMonitor::CheckCancelled() const {
  const std::lock_guard lock(mutex_);
  if (reason_) return *reason_;
  return {};
}

RunMonitor::Position RunMonitor::position() const {
  const std::lock_guard lock(mutex_);
  return position_;
}

void RunMonitor::WaitForStage(Stage seen, std::chrono::milliseconds most,
                              const std::stop_token& stop) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, most, [&] { return position_.stage != seen; });
}

}  // namespace marquee::trainer
