// Background work, once for all of it: a step that is repeated on a thread of its own until it is
// stopped.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <thread>

namespace marquee {

class PeriodicTask {
 public:
  // Does some of the work and says how long to pause before the next step; nullopt: the period.
  // Must not throw. A long step looks at `stop` now and then.
  using Step = std::function<std::optional<std::chrono::milliseconds>(std::stop_token stop)>;

  // The first step is made at once. Each pause is up to a tenth shorter than said, so that replicas
  // that started together don't stay together.
  PeriodicTask(std::chrono::milliseconds period, Step step);
  ~PeriodicTask();  // as Stop()
  PeriodicTask(const PeriodicTask&) = delete;
  PeriodicTask& operator=(const PeriodicTask&) = delete;

  // Ends the present pause; a step under way is followed by another at once. Thread-safe.
  void Wake();
  // Makes a step on the calling thread, for tests; never at the same time as another.
  void StepNow();
  // A step under way is waited for. Idempotent; not from within the step.
  void Stop();

 private:
  void Run(const std::stop_token& stop);

  const std::chrono::milliseconds period_;
  const Step step_;
  std::mutex step_mutex_;  // held during a step
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool woken_ = false;
  std::minstd_rand random_{std::random_device{}()};
  std::jthread thread_;  // last: it uses the others
};

}  // namespace marquee
