// Tells the other services who was deleted or given other roles: from the outbox, which is written
// with the change itself, to marquee.people.v1.
#pragma once

#include <chrono>
#include <functional>
#include <span>

#include "base/call_context.h"
#include "base/clock.h"
#include "base/periodic_task.h"
#include "base/result.h"
#include "metrics/metrics.h"
#include "people/person_change.h"

namespace marquee::auth {

class PersonOutbox {
 public:
  using Publish = std::function<Status(std::span<const people::PersonChange>)>;

  virtual ~PersonOutbox() = default;
  // Hands the oldest changes (`limit` at most) to `publish` and forgets them once that has
  // succeeded; how many there were. Of two that do so at the same time each gets others. What
  // fails, or is cut off, is handed out again.
  virtual Result<int> Drain(int limit, const Publish& publish, const CallContext& call) = 0;
};

class PersonLog {
 public:
  virtual ~PersonLog() = default;
  // Once it returns well they are in the log. The same change may come twice, and changes in
  // another order: who reads goes by their times.
  virtual Status Append(std::span<const people::PersonChange> changes) = 0;
};

// Works from construction to destruction.
class PersonPublisher {
 public:
  PersonPublisher(PersonOutbox& outbox, PersonLog& log, const Clock& clock,
                  metrics::Metrics& metrics,
                  std::chrono::milliseconds period = std::chrono::milliseconds{200});

 private:
  std::chrono::milliseconds Step();

  PersonOutbox& outbox_;
  PersonLog& log_;
  const Clock& clock_;
  const std::chrono::milliseconds period_;
  metrics::Counter published_;
  metrics::Gauge failing_;
  bool failed_ = false;
  PeriodicTask task_;  // last: it uses the others
};

}  // namespace marquee::auth
