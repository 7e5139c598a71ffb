#include "base/periodic_task.h"

#include <utility>

namespace marquee {

PeriodicTask::PeriodicTask(std::chrono::milliseconds period, Step step)
    : period_(period),
      step_(std::move(step)),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

PeriodicTask::~PeriodicTask() { Stop(); }

void PeriodicTask::Wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  wake_.notify_all();
}

void PeriodicTask::StepNow() {
  const std::lock_guard lock(step_mutex_);
  step_(thread_.get_stop_token());
}

void PeriodicTask::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void PeriodicTask::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::optional<std::chrono::milliseconds> pause;
    {
      const std::lock_guard lock(step_mutex_);
      pause = step_(stop);
    }
    const auto longest = pause.value_or(period_).count();
    const std::chrono::milliseconds wait(
        std::uniform_int_distribution<std::int64_t>(longest - longest / 10, longest)(random_));
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, wait, [this] { return woken_; });
    woken_ = false;
  }
}

}  // namespace marquee
