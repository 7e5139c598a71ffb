#include "base/acknowledgements.h"

namespace marquee {

void Acknowledgements::Expect() {
  const std::lock_guard lock(mutex_);
  ++on_their_way_;
}

void Acknowledgements::Report(const Status& status) {
  const std::lock_guard lock(mutex_);
  --on_their_way_;
  if (!status.ok() && failure_.ok()) failure_ = status;
  // Under the lock: once it is let go, whoever waited may destroy this object. And only when it
  // helps: an import has tens of thousands of reports a second.
  if (on_their_way_ <= wake_at_) reported_.notify_one();
}

bool Acknowledgements::WaitForAtMost(int most, Time deadline) {
  std::unique_lock lock(mutex_);
  wake_at_ = most;
  const bool reached = reported_.wait_for(lock, deadline - SystemClock().Now(),
                                          [&] { return on_their_way_ <= most; });
  wake_at_ = std::numeric_limits<int>::min();
  return reached;
}

void Acknowledgements::WaitForAll() {
  std::unique_lock lock(mutex_);
  wake_at_ = 0;
  reported_.wait(lock, [&] { return on_their_way_ <= 0; });
}

int Acknowledgements::on_their_way() const {
  const std::lock_guard lock(mutex_);
  return on_their_way_;
}

Status Acknowledgements::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

}  // namespace marquee
